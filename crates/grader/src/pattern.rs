//! Bulk data in which any loss, repeat or swap shows.

/// Bytes until the block repeats: a prime, so that no power-of-two buffer is in step with it.
const PERIOD: usize = 65_521;

/// An endless stream of bytes, the same for the same seed.
///
/// It repeats a random block of 65,521 bytes; data that arrives displaced by anything but a
/// multiple of that does not match.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The block twice, so that any window up to its length is one slice.
    block: Vec<u8>,
}

impl Pattern {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut block = vec![0; PERIOD];
        fastrand::Rng::with_seed(seed).fill(&mut block);
        block.extend_from_within(..);
        Pattern { block }
    }

    /// The stream's bytes from `at`, at most `most` and at most one period.
    #[must_use]
    pub fn window(&self, at: usize, most: usize) -> &[u8] {
        let start = at % PERIOD;
        &self.block[start..start + most.min(PERIOD)]
    }

    /// The first `length` bytes.
    #[must_use]
    pub fn bytes(&self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            bytes.extend_from_slice(self.window(bytes.len(), length - bytes.len()));
        }
        bytes
    }

    /// Where `bytes`, which should be the stream's from `at`, differ first.
    #[must_use]
    pub fn first_difference(&self, at: usize, bytes: &[u8]) -> Option<usize> {
        let mut done = 0;
        while done < bytes.len() {
            let expected = self.window(at + done, bytes.len() - done);
            let got = &bytes[done..done + expected.len()];
            if expected != got {
                return crate::escape::first_difference(expected, got).map(|here| done + here);
            }
            done += expected.len();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_however_it_is_cut() {
        let pattern = Pattern::new(7);
        let bytes = pattern.bytes(300_000);
        assert_eq!(pattern.window(70_000, 100), &bytes[70_000..70_100]);
        assert_eq!(pattern.first_difference(1234, &bytes[1234..200_000]), None);
    }

    #[test]
    fn a_lost_byte_is_found_where_it_was_lost() {
        let pattern = Pattern::new(7);
        let mut bytes = pattern.bytes(200_000);
        bytes.remove(150_000);
        let at = pattern.first_difference(0, &bytes).unwrap();
        // The next byte may happen to be the same.
        assert!((150_000..150_010).contains(&at), "{at}");
    }
}
