//! Rate limiting (contract: behaviours, section 6): so many requests in a minute, then 429.

use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// The requests of the running minute.
#[derive(Debug, Default)]
pub struct Limit {
    since: Option<Instant>,
    count: u32,
}

impl Limit {
    /// Counts a request; if it is one too many, in how many seconds to come again.
    pub fn exceeded(&mut self, most: u32, now: Instant) -> Option<u32> {
        if most == 0 {
            return None;
        }
        let since = match self.since {
            Some(since) if now.duration_since(since) < MINUTE => since,
            _ => {
                self.count = 0;
                *self.since.insert(now)
            }
        };
        self.count = self.count.saturating_add(1);
        if self.count <= most {
            return None;
        }
        let left = MINUTE.saturating_sub(now.duration_since(since));
        Some(u32::try_from(left.as_secs()).unwrap_or(0) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_minute_is_a_new_one() {
        let start = Instant::now();
        let mut limit = Limit::default();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(limit.exceeded(2, at(0)), None);
        assert_eq!(limit.exceeded(2, at(10)), None);
        assert_eq!(limit.exceeded(2, at(20)), Some(41));
        assert_eq!(limit.exceeded(2, at(60)), None);
        assert_eq!(limit.exceeded(0, at(60)), None);
    }
}
