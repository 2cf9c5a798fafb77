//! Charts as inline SVG: no script, no picture from elsewhere. Sizes are shares of what room there is, so that text
//! stays text of the page and is as large on a telephone as on paper.

use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::report::Jobs;

/// A share of a whole in percent, with one decimal.
fn share(part: Decimal, whole: Decimal) -> String {
    let share =
        part.max(Decimal::ZERO).checked_mul(Decimal::ONE_HUNDRED).and_then(|part| part.checked_div(whole));
    format!("{:.1}%", share.unwrap_or_default().min(Decimal::ONE_HUNDRED))
}

/// Two bars below each other on one scale: used, and billed.
pub(super) fn pair(used: Decimal, billed: Decimal, most: Decimal, said: &str) -> Markup {
    html! {
        svg class="pair" role="img" aria-label=(said) width="100%" height="26" {
            rect class="track" x="0" y="0" width="100%" height="26" {}
            rect class="used" x="0" y="2" width=(share(used, most)) height="10" {}
            rect class="billed" x="0" y="14" width=(share(billed, most)) height="10" {}
        }
    }
}

/// One bar of what succeeded and what failed.
pub(super) fn results(jobs: Jobs, said: &str) -> Markup {
    let all = Decimal::from(jobs.all().max(1));
    let good = share(Decimal::from(jobs.successful), all);
    html! {
        svg class="results" role="img" aria-label=(said) width="100%" height="12" {
            rect class="track" x="0" y="0" width="100%" height="12" {}
            @if jobs.all() > 0 {
                rect class="failed" x="0" y="0" width="100%" height="12" {}
                rect class="good" x="0" y="0" width=(good) height="12" {}
            }
        }
    }
}

/// A column for each day, good ones below failed ones.
pub(super) fn days(days: &[(jiff::civil::Date, Jobs)], said: &str) -> Markup {
    const HEIGHT: u64 = 120;
    let most = days.iter().map(|(_, jobs)| jobs.all()).max().unwrap_or_default().max(1);
    let wide = 100.0 / days.len().max(1) as f64;
    let tall = |count: u64| count.to_f64().unwrap_or_default() * HEIGHT as f64 / most as f64;
    html! {
        svg class="days" role="img" aria-label=(said) width="100%" height=(HEIGHT) {
            rect class="track" x="0" y="0" width="100%" height=(HEIGHT) {}
            @for (at, (day, jobs)) in days.iter().enumerate() {
                @let x = format!("{:.2}%", wide * at as f64 + wide * 0.1);
                @let width = format!("{:.2}%", wide * 0.8);
                @let (good, failed) = (tall(jobs.successful), tall(jobs.failed));
                g {
                    title { (day) ": " (jobs.successful) " successful, " (jobs.failed) " failed" }
                    rect class="good" x=(x) width=(width) y=(format!("{:.1}", HEIGHT as f64 - good)) height=(format!("{good:.1}")) {}
                    rect class="failed" x=(x) width=(width) y=(format!("{:.1}", HEIGHT as f64 - good - failed)) height=(format!("{failed:.1}")) {}
                }
            }
        }
    }
}
