//! What is true of every call, added to the API's description: who may make it, and which problems it may be answered with.

use serde_json::{Map, Value, json};

const PROBLEM: &str = "#/components/schemas/Problem";
const PROBLEM_TYPE: &str = "application/problem+json";

/// The statuses of problems, and what each means where a call says no more.
const MEANINGS: [(&str, &str); 14] = [
    ("400", "An id, a parameter or the body is not understood; `detail` says what to change."),
    ("401", "There is no key, it is unknown or was revoked, or name or password is wrong."),
    ("403", "This caller may not do that, or its account is switched off."),
    ("404", "There is none that this caller may see."),
    ("409", "It contradicts what is so already."),
    ("410", "It is no longer kept."),
    ("413", "The body is too large; `detail` says what it may be."),
    ("416", "The file has no such bytes."),
    ("422", "It is understood, but does not fit."),
    ("429", "More requests came than agreed: send it again after `Retry-After` seconds."),
    ("500", "The gateway failed. What was answered before is safe."),
    ("503", "The database is away or busy, or too much waits: send it again after `Retry-After` seconds."),
    ("504", "It took too long."),
    ("507", "The gateway's disk is full: send it again later."),
];

/// Every call reads its caller's key and writes the audit trail.
const OF_EVERY_CALL: [&str; 5] = ["401", "403", "500", "503", "507"];

/// The description as it is served.
pub(super) fn completed(mut description: Value) -> Value {
    description["components"]["schemas"]["Problem"] = problem();
    for calls in description["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        calls.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(complete);
    }
    description
}

fn complete(call: &mut Value) {
    call["security"] = json!([{"partner_key": []}, {"staff": []}]);
    let has_body = call.get("requestBody").is_some();
    let has_parameters = call["parameters"].as_array().is_some_and(|all| !all.is_empty());
    let Some(answers) = call["responses"].as_object_mut() else { return };
    let mut more = OF_EVERY_CALL.to_vec();
    if has_body || has_parameters {
        more.push("400");
    }
    if has_body {
        more.push("413");
    }
    for status in more {
        answers.entry(status).or_insert_with(|| json!({}));
    }
    for (status, meaning) in MEANINGS {
        let Some(answer) = answers.get_mut(status) else { continue };
        if answer["description"].as_str().unwrap_or_default().is_empty() {
            answer["description"] = meaning.into();
        }
        answer["content"] = json!({PROBLEM_TYPE: {"schema": {"$ref": PROBLEM}}});
    }
}

/// RFC 9457.
fn problem() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "description": "What went wrong, and what to change. It never names a patient.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text("Always `about:blank`: the status says which kind it is."),
            "title": text("The same for all of its kind."),
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": text("What is wrong with this request, for people."),
            "id": text("With 409 of POST /v1/submissions: the submission with which the same bytes came first."),
            "received_at": text("And when that was."),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_every_call_has_its_schema_and_a_meaning() {
        let (_, described) = crate::api::described().split_for_parts();
        let description = completed(serde_json::to_value(described).unwrap());
        let mut calls = 0;
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, call) in methods.as_object().unwrap() {
                calls += 1;
                let answers = call["responses"].as_object().unwrap();
                assert!(answers.contains_key("401") && answers.contains_key("503"), "{method} {path}");
                for (status, answer) in answers {
                    let is_problem = !status.starts_with('2');
                    let schema = &answer["content"][PROBLEM_TYPE]["schema"]["$ref"];
                    assert_eq!(schema == PROBLEM, is_problem, "{method} {path} {status}");
                    assert!(!is_problem || answer["description"] != "", "{method} {path} {status}");
                    assert!(
                        answer["content"].as_object().is_some_and(|all| !all.is_empty()),
                        "{method} {path} {status}"
                    );
                }
            }
        }
        assert!(calls > 25, "{calls} calls");
    }
}
