//! What only a person can answer, as a value: unattended it is told with the step, in a terminal it is asked.
//!
//! An answer that names a record is remembered by id, so that it is asked once. That a new record is wanted
//! beside a near miss is not: once it is made, it is the one that fits.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Finding, Setup, Step};
use crate::error::Result;
use crate::store::Choice;

/// Where answers are kept, beside the records of each step.
const ANSWERS: &str = "answers";

/// A question with what may be answered.
#[derive(Debug, Clone, Serialize)]
pub struct Offer {
    /// What it is about, within the step.
    pub key: String,
    /// The question.
    pub question: String,
    /// What kind of answer it takes.
    #[serde(flatten)]
    pub asks: Asks,
    /// What to know before it is answered; else the step says why a person is needed.
    #[serde(skip)]
    pub before: Option<String>,
    /// For whoever does it by hand: the fields of the form, and what goes into them.
    #[serde(skip)]
    pub by_hand: Vec<(String, String)>,
}

/// What kind of answer a question takes.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "asks", rename_all = "kebab-case")]
pub enum Asks {
    /// One of several.
    Choice {
        /// What there is to choose from.
        answers: Vec<Answer>,
    },
    /// The price of a product.
    Price {
        /// What one unit is: `GB`, `server`.
        unit: &'static str,
    },
    /// A yes to what only a person can know.
    Confirmation,
    /// A day.
    Date,
    /// Any of these customers.
    Customers {
        /// Customer ID and company of each.
        answers: Vec<(String, String)>,
    },
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// In words.
    pub text: String,
    /// What it means.
    #[serde(flatten)]
    pub reply: Reply,
}

/// What a person answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// This record, as it is.
    Use {
        /// Its id.
        id: i64,
        /// Its name.
        name: String,
    },
    /// A new record, and those that are near stay as they are.
    New,
    /// This price.
    Price {
        /// What one unit costs the customer.
        price: Decimal,
    },
    /// Yes.
    Yes,
    /// This day.
    Date {
        /// The day.
        date: Date,
    },
    /// These customers, and no others that were asked about.
    Customers {
        /// Their IDs.
        cids: BTreeSet<String>,
    },
}

impl Offer {
    /// One of several; records come as id, name and what to know of them.
    pub(super) fn choice(key: impl Into<String>, question: impl Into<String>, answers: Vec<Answer>) -> Self {
        Offer::asking(key, question, Asks::Choice { answers })
    }

    pub(super) fn asking(key: impl Into<String>, question: impl Into<String>, asks: Asks) -> Self {
        Offer { key: key.into(), question: question.into(), asks, before: None, by_hand: Vec::new() }
    }
}

impl Answer {
    /// To use a record that is there.
    pub(super) fn using(id: i64, name: &str) -> Self {
        let reply = Reply::Use { id, name: name.to_owned() };
        Answer { text: format!("use “{name}” (#{id})"), reply }
    }

    /// To make a new one beside what is near.
    pub(super) fn new(name: &str) -> Self {
        Answer { text: format!("make a new one, “{name}”"), reply: Reply::New }
    }
}

impl Finding {
    /// Asks a person something, once; a question without an answer to choose is none.
    pub(super) fn offer(&mut self, offer: Offer) {
        let asked = self.offers.iter().any(|known| known.key == offer.key);
        if !asked && !matches!(&offer.asks, Asks::Choice { answers } if answers.is_empty()) {
            self.offers.push(offer);
        }
    }
}

impl Setup<'_> {
    /// Takes a person's answer to an offer of a step; the step has to be looked at again.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn answer(&mut self, step: Step, key: &str, reply: &Reply) -> Result<()> {
        if step == Step::Agreements {
            self.answers.take(key, reply);
            return Ok(());
        }
        match reply {
            Reply::Use { id, name } => {
                let key = format!("{} {key}", step.name());
                let mut answers = self.store.choices(ANSWERS)?;
                answers.retain(|answer| answer.key != key);
                answers.push(Choice { key, id: *id, name: name.clone(), made_here: false });
                self.store.set_choices(ANSWERS, &answers)?;
            }
            Reply::New => {
                self.new_ones.insert((step, key.to_owned()));
            }
            // Kept until the product is there: nobody types a price twice.
            Reply::Price { price } => self.store.set_meta(&price_of(key), &price.to_string())?,
            Reply::Yes => self.vendor_sync_off = true,
            Reply::Date { .. } | Reply::Customers { .. } => {}
        }
        Ok(())
    }

    /// The record that a person chose, by id.
    pub(super) fn answered(&self, step: Step, key: &str) -> Result<Option<i64>> {
        let key = format!("{} {key}", step.name());
        Ok(self.store.choices(ANSWERS)?.into_iter().find(|answer| answer.key == key).map(|answer| answer.id))
    }

    /// The price that a person typed for a product that is to be made.
    pub(super) fn price(&self, key: &str) -> Result<Option<Decimal>> {
        Ok(self.store.meta(&price_of(key))?.and_then(|price| price.parse().ok()))
    }

    /// Forgets a typed price: the product is there and has one.
    pub(super) fn forget_price(&self, key: &str) -> Result<()> {
        if self.price(key)?.is_some() {
            self.store.forget_meta(&price_of(key))?;
        }
        Ok(())
    }

    /// Whether a person wants a new record although there are near ones.
    pub(super) fn wants_new(&self, step: Step, key: &str) -> bool {
        self.new_ones.contains(&(step, key.to_owned()))
    }
}

fn price_of(key: &str) -> String {
    format!("price of {key}")
}

/// Whether two names differ in case or blanks alone.
pub(super) fn is_near(a: &str, b: &str) -> bool {
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    plain(a) == plain(b)
}
