//! The product catalog and its setup tables.

use super::common::{record, words};

words! {
    /// What a product is.
    ProductClass {
        /// An agreement line.
        Agreement = "Agreement",
        /// Several products sold as one.
        Bundle = "Bundle",
        /// Kept in stock.
        Inventory = "Inventory",
        /// Not kept in stock.
        NonInventory = "NonInventory",
        /// Work.
        Service = "Service",
    }
}

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
        /// The category.
        category: reference,
        /// The subcategory.
        subcategory: reference,
        /// The type, as *Software*.
        r#type as "type": reference,
        /// What it is.
        product_class: of(ProductClass),
        /// Whether each piece has a serial number.
        serialized_flag: flag,
        /// Whether the cost is kept by serial number.
        serialized_cost_flag: flag,
        /// Whether it stands for a phase of a project.
        phase_product_flag: flag,
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

record! {
    /// A category of products (contract: `Category`).
    Category, "product category" {
        /// The name.
        name: text,
        /// Whether it is out of use.
        inactive_flag: flag,
    }
}

record! {
    /// A part of a category (contract: `SubCategory`).
    SubCategory, "product subcategory" {
        /// The name.
        name: text,
        /// Whether it is out of use.
        inactive_flag: flag,
        /// The category it is part of.
        category: reference,
    }
}

record! {
    /// A type of products, as *Software* (contract: `ProductType`).
    ProductType, "product type" {
        /// The name.
        name: text,
        /// Whether it is out of use.
        inactive_flag: flag,
    }
}

record! {
    /// A unit of measure, as *Each* (contract: `UnitOfMeasure`).
    UnitOfMeasure, "unit of measure" {
        /// The name.
        name: text,
        /// Whether it is out of use.
        inactive_flag: flag,
        /// Whether products get it unless told otherwise.
        default_flag: flag,
    }
}
