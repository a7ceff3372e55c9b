//! Repeated measurements of one thing, and several things measured in turn.

/// The results of all rounds of one contender, smallest first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    /// # Panics
    /// When there is no value, or one that is no number.
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        assert!(!values.is_empty() && values.iter().all(|value| value.is_finite()));
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// Half of the results are smaller, half are larger. One slow round does not move it.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match self.0.len() % 2 {
            0 => f64::midpoint(self.0[middle - 1], self.0[middle]),
            _ => self.0[middle],
        }
    }

    /// Between which two values the middle half of the results lies: how far to trust the median.
    pub(crate) fn middle_half(&self) -> (f64, f64) {
        let quarter = (self.0.len() - 1) / 4;
        (self.0[quarter], self.0[self.0.len() - 1 - quarter])
    }
}

/// Something to measure once: gives the result in the contender's own unit.
pub(crate) type Contender<'a> = Box<dyn FnMut() -> anyhow::Result<f64> + 'a>;

/// Measures all contenders `rounds` times, A B C A B C …: what disturbs the machine for a while
/// then disturbs all of them.
pub(crate) fn in_turn(
    rounds: usize,
    mut contenders: Vec<Contender<'_>>,
) -> anyhow::Result<Vec<Series>> {
    let mut results = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (contender, results) in contenders.iter_mut().zip(&mut results) {
            results.push(contender()?);
        }
    }
    Ok(results.into_iter().map(Series::new).collect())
}
