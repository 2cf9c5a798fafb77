//! The product catalog.

use super::common::record;

record! {
    /// A product (contract: `CatalogItem`).
    CatalogItem, "product" {
        /// The product's own name, unique.
        identifier: text,
        /// The description.
        description: text,
        /// The text that customers read.
        customer_description: text,
        /// Whether it is out of use.
        inactive_flag: flag,
        /// The subcategory.
        subcategory: reference,
        /// The type, as *Software*.
        r#type as "type": reference,
        /// Whether each piece has a serial number.
        serialized_flag: flag,
        /// The unit of measure.
        unit_of_measure: reference,
        /// The price.
        price: decimal,
        /// The cost.
        cost: decimal,
        /// Whether it is taxed.
        taxable_flag: flag,
    }
}
