//! The one gate that all requests of a client pass: how many at once, how close together, and not before.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Lets requests through, up to the limits.
pub(super) struct Gate {
    permits: Semaphore,
    most: usize,
    width: Mutex<Width>,
    pace: Mutex<Pace>,
}

/// How wide the gate stands open.
struct Width {
    /// How many requests may be under way now: between 1 and the most.
    limit: usize,
    /// How many permits the semaphore has given out or holds: more than the limit while requests that began
    /// before a step back are under way.
    issued: usize,
    /// Good answers since the limit changed.
    successes: usize,
}

/// Leave to send one request; the place is free again when it is dropped.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    permit: Option<SemaphorePermit<'a>>,
}

impl Gate {
    pub(super) fn new(concurrency: usize, per_minute: u32) -> Gate {
        let most = concurrency.clamp(1, 1_000);
        Gate {
            permits: Semaphore::new(most),
            most,
            width: Mutex::new(Width { limit: most, issued: most, successes: 0 }),
            pace: Mutex::new(Pace::new(per_minute)),
        }
    }

    /// Waits until a request may be sent.
    ///
    /// # Errors
    /// The time still to wait, when ConnectWise has asked for more patience than `patience`.
    pub(super) async fn pass(&self, patience: Duration) -> Result<Pass<'_>, Duration> {
        // The semaphore is never closed, so that a permit always comes.
        let permit = self.permits.acquire().await.ok();
        let pass = Pass { gate: self, permit };
        loop {
            let now = Instant::now();
            let turn = self.pace().turn(now);
            match turn {
                Turn::Go => return Ok(pass),
                Turn::Held(wait) if wait > patience => return Err(wait),
                Turn::Held(wait) | Turn::Spaced(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Holds every request back for this time: ConnectWise asked for it.
    pub(super) fn hold(&self, wait: Duration) {
        self.pace().hold(Instant::now(), wait);
    }

    /// Halves the number of requests at once: ConnectWise is limiting or failing.
    pub(super) fn step_back(&self) {
        let mut width = self.width();
        width.successes = 0;
        width.limit = (width.limit / 2).max(1);
        // Permits that nobody holds go at once; those that are out, when their requests end.
        let surplus = width.issued.saturating_sub(width.limit);
        width.issued -= self.permits.forget_permits(surplus);
    }

    /// After as many good answers as fit through the gate twice over, lets one more through at once.
    pub(super) fn step_up(&self) {
        let mut width = self.width();
        width.successes += 1;
        if width.limit >= self.most || width.successes <= 2 * width.limit {
            return;
        }
        width.successes = 0;
        width.limit += 1;
        if width.issued < width.limit {
            width.issued += 1;
            self.permits.add_permits(1);
        }
    }

    /// How many requests may be under way now.
    #[cfg(test)]
    pub(super) fn limit(&self) -> usize {
        self.width().limit
    }

    // Both are plain numbers, whole after every statement: a panic elsewhere cannot have torn them.
    fn width(&self) -> MutexGuard<'_, Width> {
        self.width.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut width = self.gate.width();
        if width.issued > width.limit {
            width.issued -= 1;
            permit.forget();
        }
    }
}

/// What the pace says to a request.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Go,
    /// The server asked for patience.
    Held(Duration),
    /// Too close upon the requests before.
    Spaced(Duration),
}

/// A token bucket, kept as the time at which it would be full again, and the server's own “not before”.
struct Pace {
    spacing: Duration,
    burst: Duration,
    full_at: Option<Instant>,
    not_before: Option<Instant>,
}

impl Pace {
    fn new(per_minute: u32) -> Pace {
        // A tenth of a minute's requests may come at once, so that a short command does not crawl; what follows
        // comes so much slower that no minute has more than its share.
        let at_once = (per_minute / 10).max(1);
        let spacing = match per_minute {
            0 => Duration::ZERO,
            _ => Duration::from_secs(60) / per_minute.saturating_sub(at_once).max(1),
        };
        Pace { spacing, burst: spacing * at_once, full_at: None, not_before: None }
    }

    fn hold(&mut self, now: Instant, wait: Duration) {
        let until = now.checked_add(wait).unwrap_or(now + Duration::from_secs(86_400));
        self.not_before = self.not_before.max(Some(until));
    }

    fn turn(&mut self, now: Instant) -> Turn {
        let held = self.not_before.and_then(|until| until.checked_duration_since(now));
        if let Some(wait) = held.filter(|wait| !wait.is_zero()) {
            return Turn::Held(wait);
        }
        let after = self.full_at.map_or(now, |at| at.max(now)) + self.spacing;
        let ahead = after - now;
        if ahead > self.burst {
            return Turn::Spaced(ahead - self.burst);
        }
        self.full_at = Some(after);
        Turn::Go
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_a_steady_pace() {
        let start = Instant::now();
        // Sixty at once, then one every ninth of a second: 600 in any minute.
        let mut pace = Pace::new(600);
        let at = |ms| start + Duration::from_millis(ms);
        assert!((0..60).all(|_| pace.turn(start) == Turn::Go));
        assert!(matches!(pace.turn(start), Turn::Spaced(wait) if wait.as_millis() == 111));
        assert_eq!(pace.turn(at(112)), Turn::Go);
        assert!(matches!(pace.turn(at(160)), Turn::Spaced(_)));
        let first_minute = (0..60_000).filter(|ms| pace.turn(at(*ms)) == Turn::Go).count() + 61;
        assert!((595..=600).contains(&first_minute), "{first_minute}");
    }

    #[test]
    fn no_limit_is_no_limit() {
        let start = Instant::now();
        let mut pace = Pace::new(0);
        assert!((0..10_000).all(|_| pace.turn(start) == Turn::Go));
    }

    #[test]
    fn holding_back_is_for_all_and_never_shortened() {
        let start = Instant::now();
        let mut pace = Pace::new(0);
        pace.hold(start, Duration::from_secs(30));
        pace.hold(start, Duration::from_secs(5));
        assert_eq!(pace.turn(start), Turn::Held(Duration::from_secs(30)));
        assert_eq!(pace.turn(start + Duration::from_secs(30)), Turn::Go);
        pace.hold(start, Duration::MAX);
        assert!(matches!(pace.turn(start), Turn::Held(_)));
    }

    #[tokio::test]
    async fn steps_back_and_up_again() {
        let gate = Gate::new(8, 0);
        let patience = Duration::from_secs(1);
        let passes = [gate.pass(patience).await, gate.pass(patience).await];
        gate.step_back();
        assert_eq!((gate.limit(), gate.permits.available_permits()), (4, 2), "the idle ones go at once");
        for _ in 0..3 {
            gate.step_back();
        }
        assert_eq!((gate.limit(), gate.permits.available_permits()), (1, 0));
        drop(passes);
        assert_eq!((gate.width().issued, gate.permits.available_permits()), (1, 1));
        for _ in 0..200 {
            gate.step_up();
        }
        assert_eq!(gate.limit(), 8);
        assert_eq!(gate.permits.available_permits(), 8);
        gate.hold(Duration::from_secs(60));
        assert!(gate.pass(patience).await.is_err());
    }
}
