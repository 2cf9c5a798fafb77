//! When a request is tried again, and after how long: one pure decision.

use std::time::Duration;

use super::error::Method;

/// How patient the client is.
///
/// [`RetryPolicy::default`] is what psactl uses; tests shorten the waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all, the first included.
    pub tries: u32,
    /// The wait before the second try; it doubles with each further one.
    pub base: Duration,
    /// The longest wait between two tries, unless ConnectWise asks for a longer one.
    pub cap: Duration,
    /// The time after which no further try is begun.
    pub deadline: Duration,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long the server may be silent.
    pub read_timeout: Duration,
    /// How long one try may take in all.
    pub attempt_timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            tries: 4,
            base: Duration::from_millis(300),
            cap: Duration::from_secs(10),
            deadline: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(45),
        }
    }
}

/// How one try ended, as far as trying again is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with this status, and what its Retry-After asked for.
    Answered(u16, Option<Duration>),
    /// No connection came about: the request surely did not reach the server.
    NotSent,
    /// The connection broke, or the answer was cut off, after the request may have been sent.
    Lost,
    /// No answer in time, after the request may have been sent.
    TimedOut,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Try again after this time.
    Wait(Duration),
    /// Leave it at that.
    Stop,
}

impl RetryPolicy {
    /// Decides after the try numbered `attempt` (from 1), `elapsed` after the first began.
    ///
    /// Reads are repeated after connection troubles, time-outs, 408, 429 and 5xx. Writes are repeated only
    /// when the server surely did not act: no connection, or 429. `jitter`, from 0 to 1, spreads the waits of
    /// several clients.
    pub fn decide(
        &self,
        method: Method,
        outcome: Outcome,
        attempt: u32,
        elapsed: Duration,
        jitter: f64,
    ) -> Decision {
        let (again, asked) = match outcome {
            Outcome::NotSent => (true, None),
            Outcome::Answered(429, asked) => (true, asked),
            Outcome::Answered(503, asked) => (!method.writes(), asked),
            Outcome::Answered(status, _) => (!method.writes() && (status == 408 || status >= 500), None),
            Outcome::Lost | Outcome::TimedOut => (!method.writes(), None),
        };
        if !again || attempt >= self.tries {
            return Decision::Stop;
        }
        let jitter = jitter.clamp(0.0, 1.0);
        let wait = match asked {
            // What the server asks for is the least; a little more keeps clients from coming back as one.
            Some(asked) => asked.saturating_add(self.base.mul_f64(jitter)),
            None => {
                let doubled = self.base.saturating_mul(1 << (attempt - 1).min(16)).min(self.cap);
                doubled.mul_f64(0.5 + jitter / 2.0)
            }
        };
        if elapsed.saturating_add(wait) > self.deadline { Decision::Stop } else { Decision::Wait(wait) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn waits(method: Method, outcome: Outcome) -> bool {
        RetryPolicy::default().decide(method, outcome, 1, NOW, 0.5) != Decision::Stop
    }

    #[test]
    fn reads_repeat_and_writes_do_not() {
        use Outcome::{Answered, Lost, NotSent, TimedOut};
        // outcome, whether a read repeats, whether a write does
        let table = [
            (NotSent, true, true),
            (Lost, true, false),
            (TimedOut, true, false),
            (Answered(408, None), true, false),
            (Answered(429, None), true, true),
            (Answered(500, None), true, false),
            (Answered(502, None), true, false),
            (Answered(503, Some(Duration::from_secs(1))), true, false),
            (Answered(504, None), true, false),
            (Answered(200, None), false, false),
            (Answered(302, None), false, false),
            (Answered(400, None), false, false),
            (Answered(401, None), false, false),
            (Answered(403, None), false, false),
            (Answered(404, None), false, false),
            (Answered(409, None), false, false),
            (Answered(415, None), false, false),
        ];
        for (outcome, read, write) in table {
            assert_eq!(waits(Method::Get, outcome), read, "GET {outcome:?}");
            for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
                assert_eq!(waits(method, outcome), write, "{method} {outcome:?}");
            }
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_end() {
        let policy = RetryPolicy { tries: 9, ..RetryPolicy::default() };
        let wait = |attempt, jitter| policy.decide(Method::Get, Outcome::Lost, attempt, NOW, jitter);
        let ms = |ms| Decision::Wait(Duration::from_millis(ms));
        assert_eq!([wait(1, 1.0), wait(2, 1.0), wait(3, 1.0)], [ms(300), ms(600), ms(1200)]);
        assert_eq!([wait(1, 0.0), wait(2, 0.0)], [ms(150), ms(300)]);
        assert_eq!(wait(7, 1.0), ms(10_000));
        assert_eq!(wait(9, 1.0), Decision::Stop);
        assert_eq!(wait(1, 7.0), ms(300), "jitter out of range is brought back into it");
    }

    #[test]
    fn retry_after_wins_over_the_schedule_but_not_over_the_deadline() {
        let policy = RetryPolicy::default();
        let asked = |seconds| Outcome::Answered(429, Some(Duration::from_secs(seconds)));
        let decide =
            |outcome, elapsed| policy.decide(Method::Post, outcome, 1, Duration::from_secs(elapsed), 0.0);
        assert_eq!(decide(asked(30), 0), Decision::Wait(Duration::from_secs(30)));
        assert_eq!(decide(asked(0), 0), Decision::Wait(Duration::ZERO));
        assert_eq!(decide(asked(30), 31), Decision::Stop);
        assert_eq!(decide(asked(u64::MAX), 0), Decision::Stop);
        assert_eq!(
            policy.decide(Method::Get, Outcome::TimedOut, 1, Duration::from_secs(60), 1.0),
            Decision::Stop
        );
    }
}
