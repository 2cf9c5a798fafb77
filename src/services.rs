//! The twelve billable services and how each is cross-referenced in ConnectWise (guide step 5, figure 8).
//!
//! Type and level must stand in the PSA letter for letter: the guide's own screenshots show what happens when
//! *Desktops* becomes *Workstations* (figure 4), hence [`level_is_near`].

use crate::config::{Billing, Switches};
use rust_decimal::Decimal;

/// What one unit of a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Gigabytes; which gigabyte is `[portal] gigabyte`.
    Gigabytes,
    /// Servers, desktops or mailboxes: whole numbers.
    Count,
}

impl Unit {
    /// `GB` or `count`, as in the design's table and in machine-readable output.
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Gigabytes => "GB",
            Unit::Count => "count",
        }
    }
}

/// The seven switches of the guide's integration set-up (guide step 6b, figure 9b).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Switch {
    /// *Online Backup Storage Integration*
    OnlineBackupStorage,
    /// *Online Backup # Computers*
    OnlineBackupComputers,
    /// *Local Backup Storage Integration*
    LocalBackupStorage,
    /// *Local Backup Licenses Integration*
    LocalBackupLicenses,
    /// *Email Archiving Integration*
    EmailArchiving,
    /// *Email Filtering Integration*
    EmailFiltering,
    /// *Integration for Other Licenses*
    OtherLicenses,
}

impl Switch {
    /// The key under `[billing.services]`.
    pub fn key(self) -> &'static str {
        match self {
            Switch::OnlineBackupStorage => "online_backup_storage",
            Switch::OnlineBackupComputers => "online_backup_computers",
            Switch::LocalBackupStorage => "local_backup_storage",
            Switch::LocalBackupLicenses => "local_backup_licenses",
            Switch::EmailArchiving => "email_archiving",
            Switch::EmailFiltering => "email_filtering",
            Switch::OtherLicenses => "other_licenses",
        }
    }

    /// Whether the switch is on.
    pub fn is_on(self, switches: &Switches) -> bool {
        match self {
            Switch::OnlineBackupStorage => switches.online_backup_storage,
            Switch::OnlineBackupComputers => switches.online_backup_computers,
            Switch::LocalBackupStorage => switches.local_backup_storage,
            Switch::LocalBackupLicenses => switches.local_backup_licenses,
            Switch::EmailArchiving => switches.email_archiving,
            Switch::EmailFiltering => switches.email_filtering,
            Switch::OtherLicenses => switches.other_licenses,
        }
    }
}

/// One billable service.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Our name of it, in psactl.toml, in exports and in output: `basic-storage`.
    pub key: &'static str,
    /// The guide's product (guide step 3): `Basic Online Backup Storage`.
    pub name: &'static str,
    /// *Type* of the cross-reference, letter for letter (guide step 5).
    pub vendor_type: &'static str,
    /// *Level* of the cross-reference, letter for letter; empty where the guide leaves it blank.
    pub level: &'static str,
    /// *Configuration Type* of the cross-reference: `Backup Stats` or `License`.
    pub configuration_type: &'static str,
    /// What is counted.
    pub unit: Unit,
    /// The switch that turns it on.
    pub switch: Switch,
    /// Product ID of the catalog item that set-up proposes: figure 4's where it shows one, else [`Self::name`].
    pub product_identifier: &'static str,
    /// Description of that catalog item, at most 60 characters.
    pub description: &'static str,
    /// Unit price in figure 4, where it shows one. A proposal only: a person sets prices.
    pub guide_price: Option<&'static str>,
    /// What the customer reads, without the price: `Basic online backup`.
    customer_words: &'static str,
    /// What the price is for: `GB`, `server`, `mailbox`.
    priced_per: &'static str,
}

impl Service {
    /// The one-line customer description of guide step 3: `Basic online backup, $1.50/GB`.
    pub fn customer_description(&self, price: Decimal) -> String {
        let mut price = price;
        // Two places at least, as on an invoice; never fewer than the price has.
        price.rescale(price.normalize().scale().max(2));
        format!("{}, ${price}/{}", self.customer_words, self.priced_per)
    }

    /// What one unit is, in the singular: `GB`, `server`, `desktop`, `mailbox`.
    pub fn unit_word(&self) -> &'static str {
        self.priced_per
    }
}

const STATS: &str = "Backup Stats";
const LICENSE: &str = "License";

static ALL: [Service; 12] = [
    Service {
        key: "select-storage",
        name: "Select Online Backup Storage",
        vendor_type: "Online Storage",
        level: "Select",
        configuration_type: STATS,
        unit: Unit::Gigabytes,
        switch: Switch::OnlineBackupStorage,
        product_identifier: "Online Backup Select Storage",
        description: "EFS Online Backup Select Storage",
        guide_price: Some("2.00"),
        customer_words: "Select online backup",
        priced_per: "GB",
    },
    Service {
        key: "basic-storage",
        name: "Basic Online Backup Storage",
        vendor_type: "Online Storage",
        level: "Basic",
        configuration_type: STATS,
        unit: Unit::Gigabytes,
        switch: Switch::OnlineBackupStorage,
        product_identifier: "Online Backup Basic Storage",
        description: "EFS Online Backup Basic Storage",
        guide_price: Some("1.50"),
        customer_words: "Basic online backup",
        priced_per: "GB",
    },
    Service {
        key: "bdr-storage",
        name: "ShadowProtect BDR Storage",
        vendor_type: "Online Storage",
        level: "ShadowProtect BDR",
        configuration_type: STATS,
        unit: Unit::Gigabytes,
        switch: Switch::OnlineBackupStorage,
        product_identifier: "ShadowProtect BDR Storage",
        description: "EFS ShadowProtect BDR Storage",
        guide_price: Some("0.50"),
        customer_words: "ShadowProtect BDR Off-site storage",
        priced_per: "GB",
    },
    Service {
        key: "online-servers",
        name: "Online Backup # Servers",
        vendor_type: "Online Storage",
        level: "# Servers",
        configuration_type: STATS,
        unit: Unit::Count,
        switch: Switch::OnlineBackupComputers,
        product_identifier: "Online Backup # Servers",
        description: "EFS Online Backup # Servers",
        guide_price: None,
        customer_words: "Online backup of servers",
        priced_per: "server",
    },
    Service {
        key: "online-desktops",
        name: "Online Backup # Desktops",
        vendor_type: "Online Storage",
        level: "# Desktops",
        configuration_type: STATS,
        unit: Unit::Count,
        switch: Switch::OnlineBackupComputers,
        product_identifier: "Online Backup # Desktops",
        description: "EFS Online Backup # Desktops",
        guide_price: None,
        customer_words: "Online backup of desktops",
        priced_per: "desktop",
    },
    Service {
        key: "local-storage",
        name: "Local Backup Storage",
        vendor_type: "Local Storage",
        level: "",
        configuration_type: STATS,
        unit: Unit::Gigabytes,
        switch: Switch::LocalBackupStorage,
        product_identifier: "Local Backup Storage",
        description: "EFS Local Backup Storage",
        guide_price: None,
        customer_words: "Local backup",
        priced_per: "GB",
    },
    Service {
        key: "local-servers",
        name: "Local Backup # Servers",
        vendor_type: "Local Backups",
        level: "# Servers",
        configuration_type: STATS,
        unit: Unit::Count,
        switch: Switch::LocalBackupLicenses,
        product_identifier: "Local Backup # Servers",
        description: "EFS Local Backup # Servers",
        guide_price: Some("25.00"),
        customer_words: "Local backup of servers",
        priced_per: "server",
    },
    Service {
        key: "local-desktops",
        name: "Local Backup # Desktops",
        vendor_type: "Local Backups",
        level: "# Desktops",
        configuration_type: STATS,
        unit: Unit::Count,
        switch: Switch::LocalBackupLicenses,
        product_identifier: "Local Backup # Workstations",
        description: "EFS Local Backup # Workstations",
        guide_price: Some("5.00"),
        customer_words: "Local backup of desktops",
        priced_per: "desktop",
    },
    Service {
        key: "bdr-servers",
        name: "ShadowProtect BDR Servers",
        vendor_type: "Other Licenses",
        level: "ShadowProtect Servers",
        configuration_type: LICENSE,
        unit: Unit::Count,
        switch: Switch::OtherLicenses,
        product_identifier: "ShadowProtect BDR Servers",
        description: "EFS ShadowProtect BDR Server Licenses",
        guide_price: Some("30.00"),
        customer_words: "ShadowProtect BDR server licenses",
        priced_per: "server",
    },
    Service {
        key: "bdr-desktops",
        name: "ShadowProtect BDR Desktops",
        vendor_type: "Other Licenses",
        level: "ShadowProtect Desktops",
        configuration_type: LICENSE,
        unit: Unit::Count,
        switch: Switch::OtherLicenses,
        product_identifier: "ShadowProtect BDR Wks",
        description: "EFS ShadowProtect BDR Workstation Licenses",
        guide_price: Some("10.00"),
        customer_words: "ShadowProtect BDR desktop licenses",
        priced_per: "desktop",
    },
    Service {
        key: "email-archiving",
        name: "Email Archiving # Mailboxes",
        vendor_type: "Email Archiving",
        level: "Exchange",
        configuration_type: LICENSE,
        unit: Unit::Count,
        switch: Switch::EmailArchiving,
        product_identifier: "Email Archiving # Mailboxes",
        description: "EFS Email Archiving # Mailboxes",
        guide_price: Some("2.50"),
        customer_words: "Email archiving",
        priced_per: "mailbox",
    },
    Service {
        key: "email-filtering",
        name: "Email Filtering # Mailboxes",
        vendor_type: "Email Filtering",
        level: "",
        configuration_type: LICENSE,
        unit: Unit::Count,
        switch: Switch::EmailFiltering,
        product_identifier: "Email Filtering # Mailboxes",
        description: "EFS Email Filtering # Mailboxes",
        guide_price: Some("1.50"),
        customer_words: "Email filtering",
        priced_per: "mailbox",
    },
];

/// All twelve, in the order of the guide's table (guide step 5).
pub fn all() -> &'static [Service] {
    &ALL
}

/// The service with this key, exactly as written.
pub fn by_key(key: &str) -> Option<&'static Service> {
    ALL.iter().find(|service| service.key == key)
}

/// The services whose switch is on, in the guide's order; none when billing is off.
pub fn enabled(billing: &Billing) -> Vec<&'static Service> {
    if !billing.enabled {
        return Vec::new();
    }
    ALL.iter().filter(|service| service.switch.is_on(&billing.services)).collect()
}

/// Whether two levels (or types) mean the same to a person though they may differ for ConnectWise: case and
/// blanks do not count, `#` neither, and *Workstations* or *Wks* are *Desktops* (guide, figure 4).
pub fn level_is_near(a: &str, b: &str) -> bool {
    folded(a) == folded(b)
}

fn folded(level: &str) -> String {
    let plain: String = level.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    plain.replace("workstations", "desktops").replace("workstation", "desktops").replace("wks", "desktops")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_names_and_cross_references_are_unique() {
        for (i, a) in all().iter().enumerate() {
            for b in &all()[i + 1..] {
                assert_ne!(a.key, b.key);
                assert_ne!(a.name, b.name);
                assert_ne!(a.product_identifier, b.product_identifier);
                assert_ne!((a.vendor_type, a.level), (b.vendor_type, b.level));
            }
        }
    }

    #[test]
    fn catalog_texts_fit_their_fields() {
        for service in all() {
            assert!(service.description.len() <= 60, "{}", service.description);
            assert!(service.description.starts_with("EFS "), "{}", service.description);
            if let Some(price) = service.guide_price {
                assert!(price.parse::<Decimal>().is_ok(), "{price}");
            }
        }
    }

    #[test]
    fn customer_descriptions_read_as_in_the_guide() {
        let of = |key: &str, price: &str| {
            let service = by_key(key).expect("a known key");
            service.customer_description(price.parse().expect("a price"))
        };
        assert_eq!(of("basic-storage", "1.50"), "Basic online backup, $1.50/GB");
        assert_eq!(of("basic-storage", "1.5"), "Basic online backup, $1.50/GB");
        assert_eq!(of("bdr-storage", "0.5000"), "ShadowProtect BDR Off-site storage, $0.50/GB");
        assert_eq!(of("bdr-storage", "0.125"), "ShadowProtect BDR Off-site storage, $0.125/GB");
        assert_eq!(of("local-servers", "25"), "Local backup of servers, $25.00/server");
    }

    #[test]
    fn near_misses_of_levels() {
        for (met, right) in [
            ("# Workstations", "# Desktops"),
            ("#desktops", "# Desktops"),
            ("ShadowProtect Wks", "ShadowProtect Desktops"),
            ("shadowprotect  bdr", "ShadowProtect BDR"),
            ("Basic ", "Basic"),
        ] {
            assert!(level_is_near(met, right), "{met} / {right}");
        }
        assert!(!level_is_near("# Servers", "# Desktops"));
        assert!(!level_is_near("Select", "Basic"));
    }
}
