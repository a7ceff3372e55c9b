//! Messages of 1 MiB of which every line says whose it is and where it stands, so that a part or a
//! mixture can be told in words.

use std::sync::LazyLock;

use grader::size;

/// The length of every large message, in bytes.
pub(super) const LENGTH: usize = 1 << 20;

/// A line: `message 1 00a7f` and its end.
const LINE: usize = 16;
/// Where a line has the message's number, and where the line's own.
const NUMBER: usize = 8;
const PLACE: std::ops::Range<usize> = 10..15;
/// How many runs of lines are told before the rest is only counted.
const RUNS: usize = 4;

/// The large messages. They differ in every line, and each line from all others of its message.
static ALL: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let mut lines = b"message 0 00000\n".repeat(LENGTH / LINE);
    for (number, line) in lines.chunks_exact_mut(LINE).enumerate() {
        for (digit, byte) in line[PLACE].iter_mut().rev().enumerate() {
            *byte = b"0123456789abcdef"[number >> (4 * digit) & 0xf];
        }
    }
    [b'1', b'2', b'3', b'4'].map(|digit| {
        let mut message = lines.clone();
        message.iter_mut().skip(NUMBER).step_by(LINE).for_each(|byte| *byte = digit);
        message
    })
});

/// The large message with that number, taken round: 1, 2, 3, 4, 1 …
pub(super) fn large(number: usize) -> &'static [u8] {
    &ALL[number % ALL.len()]
}

/// What a part or a mixture of large messages consists of, in words.
pub(super) fn told(bytes: &[u8]) -> String {
    let mut runs: Vec<(String, usize)> = Vec::new();
    for (number, line) in bytes.chunks(LINE).enumerate() {
        let at = number * LINE;
        let is_of = |message: &&Vec<u8>| message.get(at..at + line.len()) == Some(line);
        let whose = match ALL.iter().position(|message| is_of(&message)) {
            Some(which) => format!("message {}", which + 1),
            None if line.iter().all(|byte| *byte == 0) => "zeros".into(),
            None => "no message, at this place".into(),
        };
        match runs.last_mut() {
            Some((last, length)) if *last == whose => *length += line.len(),
            _ => runs.push((whose, line.len())),
        }
    }
    let more = runs.len().saturating_sub(RUNS);
    let runs = runs
        .iter()
        .take(RUNS)
        .map(|(whose, length)| format!("{} of {whose}", size(*length as u64)));
    let mut words = runs.collect::<Vec<_>>().join(", then ");
    if more > 0 {
        words += &format!(", and so on, {more} times more");
    }
    match bytes.len() {
        0 => "nothing, 0 B in all".into(),
        length if length < LENGTH => format!("{words}; and there it ends"),
        length => format!("{words}; {} in all", size(length as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_whose_it_is_and_where_it_stands() {
        assert_eq!(large(0).len(), LENGTH);
        assert!(large(2).starts_with(b"message 3 00000\nmessage 3 00001\n"));
        assert!(large(5).ends_with(b"message 2 0ffff\n"));
    }

    #[test]
    fn a_part_and_a_mixture_are_told_in_words() {
        let half = LENGTH / 2;
        assert_eq!(told(&large(0)[..half]), "512 KiB of message 1; and there it ends");
        let mixture = [&large(1)[..half], &large(2)[half..]].concat();
        assert_eq!(told(&mixture), "512 KiB of message 2, then 512 KiB of message 3; 1 MiB in all");
        let twice = large(3).repeat(2);
        assert_eq!(
            told(&twice),
            "1 MiB of message 4, then 1 MiB of no message, at this place; 2 MiB in all"
        );
        assert_eq!(told(b""), "nothing, 0 B in all");
    }
}
