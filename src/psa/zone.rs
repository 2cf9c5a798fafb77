//! The server's time zone. ConnectWise names it as Windows does.

use jiff::tz::TimeZone;

/// Windows' names of the zones in which ConnectWise is hosted and sold, with today's names.
const WINDOWS: &[(&str, &str)] = &[
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Alaskan Standard Time", "America/Anchorage"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("Cen. Australia Standard Time", "Australia/Adelaide"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Standard Time", "America/Chicago"),
    ("E. Australia Standard Time", "Australia/Brisbane"),
    ("Eastern Standard Time", "America/New_York"),
    ("GMT Standard Time", "Europe/London"),
    ("Hawaiian Standard Time", "Pacific/Honolulu"),
    ("Mountain Standard Time", "America/Denver"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Newfoundland Standard Time", "America/St_Johns"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Romance Standard Time", "Europe/Paris"),
    ("South Africa Standard Time", "Africa/Johannesburg"),
    ("US Mountain Standard Time", "America/Phoenix"),
    ("UTC", "UTC"),
    ("W. Australia Standard Time", "Australia/Perth"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

/// The zone of a name, Windows' or today's; `None` for a name that is in neither list.
pub fn zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    let known = WINDOWS.iter().find(|(windows, _)| windows.eq_ignore_ascii_case(name)).map(|(_, zone)| *zone);
    TimeZone::get(known.unwrap_or(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_windows_name_leads_to_a_zone() {
        for (windows, _) in WINDOWS {
            assert!(zone(windows).is_some(), "{windows}");
        }
        assert!(zone("America/New_York").is_some());
        assert!(zone("Middle Earth Time").is_none());
    }
}
