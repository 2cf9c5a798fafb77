//! The products that bill the services (guide step 3): those of the catalog, or a price to make them at.
//!
//! A price is never made up: without one, set-up makes no product and says so.

use std::collections::BTreeSet;

use super::args::{OfService, Switch};
use super::talk::Talk;
use crate::cli::setup::ask::price;
use crate::error::Result;
use crate::psa::{CatalogItem, Client, Condition, OrEmpty, Query, paths};
use crate::services::{self, Service};

impl Talk<'_> {
    /// Asks for a price, or another product, where the catalog lacks the product of a service.
    pub fn products(&mut self) -> Result<()> {
        for OfService { service, value } in std::mem::take(&mut self.args.product) {
            self.watch.answered("--product", &format!("{}={value}", service.key));
            self.document.set_product(service.key, &value, None);
        }
        for OfService { service, value } in std::mem::take(&mut self.args.price) {
            self.watch.answered("--price", &format!("{}={value}", service.key));
            let identifier = self.product_of(service);
            self.document.set_product(service.key, &identifier, Some(&value));
        }
        let Some(client) = self.client.clone() else { return Ok(()) };
        let billed: Vec<&Service> =
            services::all().iter().filter(|service| self.is_billed(service)).collect();
        let named = |talk: &Self, service: &Service| {
            let named = talk.document.products(service.key);
            if named.is_empty() { vec![(service.product_identifier.to_owned(), false)] } else { named }
        };
        let identifiers =
            billed.iter().flat_map(|service| named(self, service)).map(|(identifier, _)| identifier);
        let Some(there) = self.in_the_catalog(&client, identifiers.collect())? else { return Ok(()) };
        let lacking: Vec<&Service> = billed
            .into_iter()
            .filter(|service| {
                named(self, service).iter().any(|(identifier, priced)| !priced && !there.contains(identifier))
            })
            .collect();
        if lacking.is_empty() {
            return Ok(());
        }
        if !self.asks() {
            let keys: Vec<&str> = lacking.iter().map(|service| service.key).collect();
            self.warn(format!(
                "ConnectWise has no product yet for {}: give --product SERVICE=ID where one has another name, \
                 --price SERVICE=PRICE where set-up is to make it",
                keys.join(", ")
            ));
            return Ok(());
        }
        self.explain(
            "ConnectWise's catalog lacks the products of the services below. Name a product that you have (its \
             Product ID), or the unit price at which set-up makes one. Enter leaves it for later.",
        );
        for service in lacking {
            self.ask_product(&client, service)?;
        }
        Ok(())
    }

    fn ask_product(&mut self, client: &Client, service: &Service) -> Result<()> {
        let words = format!("{}: Product ID, or price per {}", service.name, service.unit_word());
        loop {
            let answer = self.context.ui.ask_text(&words, None, "--product or --price", |_| Ok(()))?;
            let answer = answer.trim();
            if answer.is_empty() {
                return Ok(());
            }
            // A Product ID may look like a price.
            let there = self.in_the_catalog(client, vec![answer.to_owned()])?.unwrap_or_default();
            if there.contains(answer) {
                self.document.set_product(service.key, answer, None);
                self.watch.answered("--product", &format!("{}={answer}", service.key));
                return Ok(());
            }
            if let Ok(price) = price(answer) {
                let price = price.to_string();
                let identifier = self.product_of(service);
                self.document.set_product(service.key, &identifier, Some(&price));
                self.watch.answered("--price", &format!("{}={price}", service.key));
                return Ok(());
            }
            let ui = &self.context.ui;
            ui.problem(&format!("x ConnectWise has no product “{answer}”, and it is no price such as 1.50"));
        }
    }

    /// The product that a service is billed by, as the file says, else the guide's.
    fn product_of(&self, service: &Service) -> String {
        let named = self.document.products(service.key).into_iter().next();
        named.map_or_else(|| service.product_identifier.to_owned(), |(identifier, _)| identifier)
    }

    fn is_billed(&self, service: &Service) -> bool {
        let key = format!("billing.services.{}", service.switch.key());
        let switch = Switch::ALL.into_iter().find(|switch| switch.names().0 == key);
        self.document.flag(&key).unwrap_or_else(|| switch.is_some_and(Switch::default))
    }

    /// Which of these Product IDs the catalog has; `None` where the login may not read it.
    fn in_the_catalog(&self, client: &Client, identifiers: Vec<String>) -> Result<Option<BTreeSet<String>>> {
        let texts = identifiers.iter().map(String::as_str);
        let conditions = Condition::in_batches("identifier", texts, 1200);
        self.context.block_on(async {
            let mut there = BTreeSet::new();
            for condition in conditions {
                let query = Query::all().filter(condition).lean();
                match client.list::<CatalogItem>(&paths::catalog(), &query).await {
                    Ok(items) => there.extend(items.iter().map(|item| item.identifier.or_empty().to_owned())),
                    Err(error) if error.is_login_or_rights() => return Ok(None),
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(Some(there))
        })
    }
}
