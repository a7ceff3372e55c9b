//! `{patience 0.4}` among the arguments of a program: how long it may wait by its own clock.

use std::time::Duration;

/// The seconds in such a word; `None` in any other, and an error where it has none.
pub(super) fn seconds(word: &str) -> Option<Result<f64, ()>> {
    let number = word.strip_prefix("{patience")?.strip_suffix('}')?;
    let seconds = number.trim().parse::<f64>().ok().filter(|it| (0.001..=3600.0).contains(it));
    Some(seconds.ok_or(()))
}

/// `word` as the program gets it. It is to wait so much longer where its packets are held up.
pub(super) fn filled_in(word: &str, longer: Duration) -> String {
    match seconds(word) {
        // In milliseconds, since sums of such numbers have long tails.
        Some(Ok(seconds)) => {
            let milliseconds = ((seconds + longer.as_secs_f64()) * 1000.0).round();
            (milliseconds / 1000.0).to_string()
        }
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_longer_where_packets_are_held_up() {
        assert_eq!(filled_in("{patience 0.4}", Duration::ZERO), "0.4");
        assert_eq!(filled_in("{patience 0.4}", Duration::from_millis(150)), "0.55");
        assert_eq!(filled_in("{patience 1}", Duration::from_secs(8)), "9");
        assert_eq!(filled_in("{line}", Duration::from_secs(8)), "{line}");
        assert_eq!(seconds("{patience soon}"), Some(Err(())));
    }
}
