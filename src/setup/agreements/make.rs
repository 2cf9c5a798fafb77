//! What a new addition holds.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::{FlatFee, Product};
use crate::config::Config;
use crate::plan::{Change, MoneyEffect, NextInvoice, Purpose};
use crate::psa::{Agreement, OrEmpty, paths};
use crate::services::Service;
use crate::store::Link;
use crate::sync::billing::{self, Use};

/// Whose addition it is, where it belongs, and from when it bills.
pub struct Place<'a> {
    /// The portal's source.
    pub source: &'a str,
    /// The customer.
    pub link: &'a Link,
    /// Its Managed ID, which is the serial number.
    pub managed_id: &'a str,
    /// The agreement.
    pub agreement: &'a Agreement,
    /// From when it bills.
    pub from: Date,
}

impl Place<'_> {
    /// The addition that bills a service, with its quantity, less what a flat fee beside it includes.
    pub fn usage(
        &self,
        service: &'static Service,
        product: &Product,
        used: &Use,
        included: Option<Decimal>,
        config: &Config,
    ) -> Change {
        let quantity = billing::target(included.unwrap_or_default(), used, &config.billing);
        let mut body = self.body(product, quantity);
        if let Some(included) = included {
            body["lessIncluded"] = billing::number(Some(included));
        }
        let description = config
            .billing
            .update_invoice_descriptions
            .then(|| billing::describe(service, used, config.portal.gigabyte));
        if let Some(description) = &description {
            body["invoiceDescription"] = json!(description);
        }
        let billed = quantity.saturating_sub(included.unwrap_or_default());
        self.addition(service.name, product, body, billed).because(Purpose::Quantity {
            source: self.source.to_owned(),
            service: service.key.to_owned(),
            agreement: self.agreement.id,
            before: None,
            quantity,
            description,
            basis: Some(billing::basis(
                service,
                &config.billing,
                config.portal.gigabyte,
                &config.portal.reading(),
            )),
            next_invoice: NextInvoice::of(self.agreement),
        })
    }

    /// The addition that bills a flat fee beside the usage of a service (guide, Step 3 note).
    pub fn flat_fee(&self, service: &'static Service, fee: &FlatFee) -> Change {
        let body = self.body(&fee.product, Decimal::ONE);
        self.addition(&fee.product.item.name, &fee.product, body, Decimal::ONE)
            .because(Purpose::FlatFee { service: service.key.to_owned() })
    }

    fn body(&self, product: &Product, quantity: Decimal) -> Value {
        let mut body = json!({
            "product": product.item.reference("identifier"),
            "billCustomer": "Billable",
            "quantity": billing::number(Some(quantity)),
            "effectiveDate": format!("{}T00:00:00Z", self.from),
            "serialNumber": self.managed_id,
        });
        if let Some(price) = product.price {
            body["unitPrice"] = billing::number(Some(price));
        }
        body
    }

    fn addition(&self, what: &str, product: &Product, body: Value, billed: Decimal) -> Change {
        let money = MoneyEffect {
            currency: billing::currency(self.agreement),
            before: Decimal::ZERO,
            after: billed.saturating_mul(product.price.unwrap_or_default()).normalize(),
            prorated: self.agreement.prorate_flag.unwrap_or(false),
        };
        let name = format!("{what} ({}) on {}", self.managed_id, self.agreement.name.or_empty());
        let mut change = Change::create(
            "agreement addition",
            name,
            paths::additions(self.agreement.id),
            body,
            // Not a cancelled one of the same product, nor one that began at another time.
            &["serialNumber", "product/id", "effectiveDate", "cancelledDate"],
        )
        .for_customer(&self.link.cid)
        .with_money(Some(money));
        if product.item.id.is_none() {
            change.waits_for = Some(format!("product “{}”", product.item.name));
        }
        change
    }
}
