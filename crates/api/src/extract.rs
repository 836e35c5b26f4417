//! Extractors that refuse with problem details and name the field that is wrong.

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
};
use quittance_domain::{Amount, B256, DocumentId, Error, U256};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(refused(&rejection)),
        }
    }
}

fn refused(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonDataError(_) => {
            let (field, why) = where_and_why(&rejection.body_text());
            let error = Error::invalid(why);
            Problem::from(if field.is_empty() { error } else { error.field(field) })
        }
        JsonRejection::MissingJsonContentType(_) => {
            let text = "the body must be application/json";
            Problem::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, "FF00162", text)
        }
        _ if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Problem::http(
            StatusCode::PAYLOAD_TOO_LARGE,
            "QT10413",
            "the body is larger than the node's limit",
        ),
        _ => Error::invalid(rejection.body_text()).field("body").into(),
    }
}

/// Takes the field out of serde's words: `…: price: must be …`, or the name in backticks where a field is
/// missing or unknown.
fn where_and_why(text: &str) -> (String, String) {
    let text = text.split_once("target type: ").map_or(text, |(_, rest)| rest);
    let text = text.rsplit_once(" at line ").map_or(text, |(rest, _)| rest);
    if let Some(rest) = ["missing field `", "unknown field `"].iter().find_map(|p| text.split_once(p)) {
        let field = rest.1.split('`').next().unwrap_or_default();
        return (field.to_owned(), text.to_owned());
    }
    match text.split_once(": ") {
        Some((path, why)) if !path.contains(' ') => (path.to_owned(), why.to_owned()),
        _ => (String::new(), text.to_owned()),
    }
}

/// The query string.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                let (field, why) = where_and_why(text);
                let error = Error::invalid(why);
                Err(if field.is_empty() { error } else { error.field(field) }.into())
            }
        }
    }
}

/// Text that names a field's value, read with the field's name in the error.
pub(crate) fn amount(field: &'static str, text: &str) -> Result<Amount, Error> {
    text.parse::<Amount>().map_err(|error| error.field(field))
}

/// A document's id.
pub(crate) fn document(field: &'static str, text: &str) -> Result<DocumentId, Error> {
    text.parse::<DocumentId>().map_err(|error| error.field(field))
}

/// The id of a deal or a proposal.
pub(crate) fn hash(field: &'static str, text: &str) -> Result<B256, Error> {
    // Every id is written alike.
    document(field, text).map(|id| id.0)
}

/// A token id, decimal or hexadecimal.
pub(crate) fn token_id(field: &'static str, text: &str) -> Result<U256, Error> {
    let hex = text.strip_prefix("0x").filter(|digits| digits.len() == 64);
    match hex {
        Some(digits) => U256::from_str_radix(digits, 16)
            .map_err(|_| Error::invalid("must be 64 hexadecimal digits").field(field)),
        None => amount(field, text).map(Amount::units),
    }
}

#[cfg(test)]
mod tests {
    use super::where_and_why;

    #[test]
    fn the_field_is_found_in_what_serde_says() {
        let cases = [
            (
                "Failed to deserialize the JSON body into the target type: price: must be digits at line 1 column 9",
                "price",
            ),
            (
                "Failed to deserialize the JSON body into the target type: missing field `document` at line 1 column 2",
                "document",
            ),
            (
                "Failed to deserialize the JSON body into the target type: x: unknown field `x`, expected `a` at line 1 column 2",
                "x",
            ),
            ("Failed to deserialize the JSON body into the target type: invalid type: map", ""),
        ];
        for (text, field) in cases {
            assert_eq!(where_and_why(text).0, field, "{text}");
        }
    }
}
