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
        /// Its department.
        department: reference,
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
        /// Its place among the statuses.
        sort_order: whole,
        /// Whether it is out of use.
        inactive: flag,
        /// Whether tickets with it are closed.
        closed_status: flag,
        /// Whether new tickets get it.
        default_flag: flag,
        /// Whether tickets with it are shown on the board.
        display_on_board: flag,
        /// Whether no time can be entered.
        time_entry_not_allowed: flag,
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
        /// The priority.
        priority: reference,
        /// The key that an integration keeps there, up to 100 characters.
        external_x_ref: text,
        /// Whether it is closed; ConnectWise computes it from the status.
        closed_flag: flag,
        /// When it was closed.
        closed_date: time,
        /// Who closed it.
        closed_by: text,
        /// When it was resolved.
        date_resolved: time,
        /// The ticket that it was merged into.
        merged_parent_ticket: reference,
        /// The ticket that it hangs below.
        parent_ticket_id: whole,
    }
}

record! {
    /// A note of a ticket (contract: `ServiceNote`).
    TicketNote, "ticket note" {
        /// The ticket.
        ticket_id: whole,
        /// The text.
        text: text,
        /// Whether it stands in the discussion, where customers read it.
        detail_description_flag: flag,
        /// Whether it is for the MSP's own people.
        internal_analysis_flag: flag,
        /// Whether it says how the ticket was resolved.
        resolution_flag: flag,
        /// Who wrote it.
        created_by: text,
        /// When it was written.
        date_created: time,
    }
}
