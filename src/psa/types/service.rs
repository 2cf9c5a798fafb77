//! Service boards, their statuses, tickets and notes.

use super::common::{record, words};

words! {
    /// What a status means for service level agreements.
    EscalationStatus {
        /// Nobody has answered yet.
        NotResponded = "NotResponded",
        /// Somebody has.
        Responded = "Responded",
        /// There is a plan.
        ResolutionPlan = "ResolutionPlan",
        /// It is resolved.
        Resolved = "Resolved",
        /// Clocks stand still.
        NoEscalation = "NoEscalation",
    }
}

record! {
    /// A service board (contract: `Board`).
    Board, "service board" {
        /// The name.
        name: text,
        /// Whether it is out of use.
        inactive_flag: flag,
        /// Whether it is for projects.
        project_flag: flag,
        /// Its location.
        location: reference,
        /// The address that its notifications come from.
        notify_email_from: text,
    }
}

record! {
    /// A status of a board (contract: `BoardStatus`).
    BoardStatus, "board status" {
        /// The name.
        name: text,
        /// The board.
        board: reference,
        /// Whether it is out of use.
        inactive: flag,
        /// Whether tickets with it are closed.
        closed_status: flag,
        /// Whether new tickets get it.
        default_flag: flag,
        /// What it means for service level agreements.
        escalation_status: of(EscalationStatus),
        /// The cross-reference for integrations that old releases have (behaviours, section 9).
        external_integration_xref: reference,
    }
}

record! {
    /// A ticket (contract: `Ticket`).
    Ticket, "ticket" {
        /// The summary, up to 100 characters.
        summary: text,
        /// The board.
        board: reference,
        /// The status.
        status: reference,
        /// The company.
        company: reference,
        /// The type.
        r#type as "type": reference,
        /// The key that an integration keeps there, up to 100 characters.
        external_x_ref: text,
        /// Whether it is closed; ConnectWise computes it from the status.
        closed_flag: flag,
        /// When it was closed.
        closed_date: time,
        /// The ticket that it was merged into.
        merged_parent_ticket: reference,
        /// The ticket that it hangs below.
        parent_ticket_id: whole,
    }
}

record! {
    /// A note of a ticket (contract: `ServiceNote`).
    TicketNote, "ticket note" {
        /// The text.
        text: text,
    }
}
