//! Which part of a class is this process's own.

use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::ending::Stop;
use crate::words::grading as words;

/// Part `index`, counted from 0, of `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) index: u64,
    pub(crate) count: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let bad = || words::bad_shard(typed);
        let (index, count) = typed.split_once('/').ok_or_else(bad)?;
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| bad());
        let shard = Self { index: number(index)?, count: number(count)? };
        if shard.index < shard.count { Ok(shard) } else { Err(bad()) }
    }
}

impl Shard {
    /// All of it.
    pub(crate) const WHOLE: Self = Self { index: 0, count: 1 };

    /// What was typed, or what Slurm (an array job) or Kubernetes (an indexed job) says in the
    /// environment.
    pub(crate) fn find(
        typed: Option<Self>,
        count: Option<u64>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Stop> {
        if let Some(typed) = typed {
            return Ok(typed);
        }
        let number = |name: &str| variable(name).and_then(|text| text.trim().parse::<u64>().ok());
        let slurm = number("SLURM_ARRAY_TASK_ID").map(|id| {
            // An array may well begin with 1.
            let first = number("SLURM_ARRAY_TASK_MIN").unwrap_or(0);
            ("SLURM_ARRAY_TASK_ID", id.saturating_sub(first), number("SLURM_ARRAY_TASK_COUNT"))
        });
        let indexed =
            || number("JOB_COMPLETION_INDEX").map(|at| ("JOB_COMPLETION_INDEX", at, None));
        let Some((name, index, told)) = slurm.or_else(indexed) else {
            return match count {
                Some(count) if count > 1 => Err(Stop::usage(words::NO_INDEX)),
                _ => Ok(Self::WHOLE),
            };
        };
        let count = count.or(told).ok_or_else(|| Stop::usage(words::half_a_shard(name)))?;
        format!("{index}/{count}").parse().map_err(Stop::usage)
    }

    /// Whether the student `id` is in this part. It depends on the id alone, so that whoever hands
    /// in late moves nobody else.
    pub(crate) fn has(self, id: &str) -> bool {
        let hash = Sha256::digest(id.as_bytes());
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % self.count == self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(count: Option<u64>, variables: &[(&str, &str)]) -> Result<Shard, String> {
        let variable = |name: &str| {
            variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        };
        Shard::find(None, count, variable).map_err(|stop| stop.words)
    }

    #[test]
    fn every_student_is_in_one_part_and_only_one() {
        let parts: Vec<Shard> = (0..7).map(|index| Shard { index, count: 7 }).collect();
        for student in 0..500 {
            let id = format!("student-{student}");
            assert_eq!(parts.iter().filter(|part| part.has(&id)).count(), 1, "{id}");
        }
        let sizes =
            parts.iter().map(|p| (0..500).filter(|n| p.has(&format!("student-{n}"))).count());
        assert!(
            sizes.clone().all(|size| (40..110).contains(&size)),
            "{:?}",
            sizes.collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_environment_of_an_array_job_says_which_part() {
        let array = [("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert_eq!(found(None, &array), Ok(Shard { index: 3, count: 4 }));
        let from_1 = [array[0], array[1], ("SLURM_ARRAY_TASK_MIN", "1")];
        assert_eq!(found(None, &from_1), Ok(Shard { index: 2, count: 4 }));
        let indexed = [("JOB_COMPLETION_INDEX", "1")];
        assert_eq!(found(Some(3), &indexed), Ok(Shard { index: 1, count: 3 }));
        assert!(found(None, &indexed).unwrap_err().contains("JOB_COMPLETION_INDEX"));
        assert!(found(Some(3), &[]).is_err());
        assert_eq!(found(None, &[]), Ok(Shard::WHOLE));
    }

    #[test]
    fn a_part_that_is_not_there_is_refused() {
        for typed in ["4/4", "x/4", "3", "1/0", "-1/4"] {
            assert!(typed.parse::<Shard>().is_err(), "{typed}");
        }
    }
}
