//! The answers that ConnectWise gives when it refuses (contract: behaviours, section 5).

use axum::http::StatusCode;
use serde_json::{Value, json};

/// One entry of `errors[]` in a 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub code: &'static str,
    pub message: String,
    pub field: String,
}

impl Violation {
    pub fn new(code: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        Violation { code, message: message.into(), field: field.into() }
    }

    pub fn missing(field: &str) -> Self {
        Violation::new("MissingRequiredField", field, format!("The {field} field is required."))
    }
}

/// A refused request: its status and body.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
    pub retry_after: Option<u32>,
}

const JSON: &str = "application/json; charset=utf-8";

impl Refusal {
    fn json(status: u16, body: &Value) -> Refusal {
        Refusal { status, content_type: JSON, body: body.to_string(), retry_after: None }
    }

    fn plain(status: u16, code: &str, message: &str) -> Refusal {
        let body = json!({"code": code, "message": message, "errors": null});
        Refusal::json(status, &body)
    }

    /// The body as a part of an answer that reports on several things; without empty parts.
    pub fn error(&self) -> Value {
        let mut body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        body
    }

    /// 400 with the fields that are wrong.
    pub fn invalid(resource: &str, violations: &[Violation]) -> Refusal {
        let errors: Vec<Value> = violations
            .iter()
            .map(|v| json!({"code": v.code, "message": v.message, "resource": resource, "field": v.field}))
            .collect();
        let message = format!("{resource} object is invalid");
        Refusal::json(400, &json!({"code": "InvalidObject", "message": message, "errors": errors}))
    }

    /// 400 for a body that is no JSON of the right shape.
    pub fn bad_body(message: &str) -> Refusal {
        Refusal::plain(400, "InvalidObject", message)
    }

    /// 400 for conditions, ordering, fields or paging that cannot be understood.
    pub fn bad_query(message: &str) -> Refusal {
        Refusal::plain(400, "InvalidArgument", message)
    }

    /// 400 from the gateway, which speaks no JSON.
    pub fn cannot_route() -> Refusal {
        Refusal {
            status: 400,
            content_type: "text/plain; charset=utf-8",
            body: "Cannot route. Codebase/company is invalid".to_owned(),
            retry_after: None,
        }
    }

    pub fn unauthorized(message: &str) -> Refusal {
        Refusal::plain(401, "Unauthorized", message)
    }

    /// 401 as releases of old gave it: no `errors` in it.
    pub fn not_authenticated() -> Refusal {
        Refusal::json(401, &json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}))
    }

    pub fn forbidden() -> Refusal {
        Refusal::plain(403, "Security", "You do not have security permission to perform this action.")
    }

    /// 404 for an id that does not exist.
    pub fn not_found(resource: &str, id: i64) -> Refusal {
        Refusal::plain(404, "NotFound", &format!("{resource} {id} not found"))
    }

    pub fn missing(what: &str) -> Refusal {
        Refusal::plain(404, "NotFound", what)
    }

    /// 404 for a path that does not exist: the web server's own page.
    pub fn no_such_page() -> Refusal {
        Refusal {
            status: 404,
            content_type: "text/html",
            body: "<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head>\
                   <body><h1>Server Error</h1><h2>404 - File or directory not found.</h2>\
                   <h3>The resource you are looking for might have been removed, had its name changed, \
                   or is temporarily unavailable.</h3></body></html>"
                .to_owned(),
            retry_after: None,
        }
    }

    /// 409 for a record that others refer to. The body is not on record; the envelope is that of
    /// the other refusals.
    pub fn in_use(resource: &str, id: i64, by: &str) -> Refusal {
        let message = format!("{resource} {id} cannot be deleted, {by} refers to it.");
        Refusal::plain(409, "ObjectInUse", &message)
    }

    pub fn method_not_allowed() -> Refusal {
        Refusal::plain(405, "MethodNotAllowed", "The requested resource does not support this method.")
    }

    pub fn too_large() -> Refusal {
        Refusal::plain(413, "RequestTooLarge", "The request body is too large.")
    }

    pub fn unsupported_media() -> Refusal {
        Refusal::plain(
            415,
            "UnsupportedMediaType",
            "The request entity's media type is not supported for this resource.",
        )
    }

    /// 429 has an envelope of its own: `error`, and no `code`.
    pub fn too_many_requests(seconds: u32) -> Refusal {
        let message = format!("Too many requests. Please try again in {seconds} seconds.");
        let mut refusal = Refusal::json(429, &json!({"error": "ConnectWiseAPI", "message": message}));
        refusal.retry_after = Some(seconds);
        refusal
    }

    /// What is answered with a status of which nothing more is said: up to 500 by ConnectWise itself,
    /// above by what stands before it.
    pub fn of_status(status: u16) -> Refusal {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let reason = reason.unwrap_or("Unknown Error");
        match status {
            400 => Refusal::invalid("record", &[Violation::missing("name")]),
            401 => Refusal::unauthorized("Username or password is incorrect"),
            403 => Refusal::forbidden(),
            404 => Refusal::missing("The record was not found"),
            405 => Refusal::method_not_allowed(),
            409 => Refusal::plain(409, "ObjectInUse", "The record conflicts with another, or is in use."),
            413 => Refusal::too_large(),
            415 => Refusal::unsupported_media(),
            429 => Refusal::too_many_requests(1),
            500 => Refusal::plain(500, "InternalError", "An internal error has occurred."),
            ..500 => Refusal::plain(status, &reason.replace([' ', '-', '\''], ""), &format!("{reason}.")),
            501.. => Refusal {
                status,
                content_type: "text/html",
                body: format!("<html><body><h1>{reason}</h1></body></html>"),
                retry_after: None,
            },
        }
    }
}
