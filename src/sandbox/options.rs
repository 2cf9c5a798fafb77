//! How a sandbox behaves, and which of two behaviours it shows where the public record knows both.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

/// Which records exist at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum World {
    /// The guide's MSP as it is before anything was set up.
    #[default]
    Bare,
    /// The same, set up and linked as the guide says.
    Integrated,
}

/// Which release of ConnectWise is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Release {
    /// The release of the contract document.
    #[default]
    Current,
    /// A release of 2019: board statuses carry the guide's *External Integration XRef* (contract:
    /// behaviours, section 9).
    Year2019,
}

/// How the sandbox behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of the PSA; 0 takes a free one. The control port is always a free one.
    pub port: u16,
    /// Serve https, with a certificate authority written to this folder; none: plain http.
    pub tls: Option<PathBuf>,
    /// Which records exist at the start.
    pub world: World,
    /// How many companies are generated besides the guide's, each with an agreement; in the
    /// integrated world also with Managed ID and additions.
    pub companies: usize,
    /// Where the sandbox's clock starts; it runs on from there. None: the system's time.
    pub now: Option<Timestamp>,
    /// Which release is played.
    pub release: Release,
    /// Whether `billedQuantity` goes below zero, as in the guide's figure 19, or stops there.
    pub negative_quantity_to_bill: bool,
    /// Whether statistics written to management summary reports are kept.
    pub keep_statistics: bool,
    /// Whether newlines in text become a space and tabs four (behaviours, section 4).
    pub flatten_newlines: bool,
    /// Whether the licence covers managed services, which the guide asks for (MSP add-on).
    pub managed_services_licence: bool,
    /// What the server calls its time zone.
    pub server_time_zone: String,
    /// Whether a managed devices integration with `loginBy` Global must carry a global login.
    pub global_login_required: bool,
    /// Whether PATCH takes no more than the guide for developers promises: paths such as `status/id`
    /// answer 200 and change nothing, and a number or flag sent as text is refused.
    pub strict_patch: bool,
    /// Whether `*` stands for any run of characters in conditions with `=` and `!=`, as it does with
    /// `like` (behaviours, section 3: strings accept `*`).
    pub wildcard_equals: bool,
    /// Whether a string of conditions ends at the next quote like its first, with nothing that could
    /// stand before a quote to keep it in the string.
    pub plain_quotes: bool,
    /// Whether text that is sent empty is kept as null.
    pub blank_as_null: bool,
    /// Whether empty fields are answered as null, or left out.
    pub nulls: bool,
    /// How long every answer of the PSA takes at the least.
    pub latency: Duration,
    /// Up to how much longer an answer may take, at random.
    pub jitter: Duration,
    /// How many requests a minute are answered before 429; 0: no limit. The minute is a real one,
    /// whatever the sandbox's clock says.
    pub max_requests_per_minute: u32,
    /// The share of requests that fail with a server fault, from 0 to 1.
    pub failure_rate: f64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            port: 0,
            tls: None,
            world: World::Bare,
            companies: 0,
            now: None,
            release: Release::Current,
            negative_quantity_to_bill: true,
            keep_statistics: true,
            flatten_newlines: false,
            managed_services_licence: true,
            server_time_zone: "Eastern Standard Time".to_owned(),
            global_login_required: false,
            strict_patch: false,
            wildcard_equals: false,
            plain_quotes: false,
            blank_as_null: false,
            nulls: false,
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            max_requests_per_minute: 0,
            failure_rate: 0.0,
        }
    }
}
