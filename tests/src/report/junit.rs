//! A report as `junit.xml`, which continuous integration services show.

use anyhow::Result;
use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::night::Night;

/// The document: a suite for each part, in it a case for each program that is listed, and one for
/// the part as a whole.
///
/// # Errors
///
/// When a text can't be written as XML.
pub fn document(night: &Night) -> Result<String> {
    let mut document = Document::new("conformance");
    for part in &night.parts {
        let mut suite = TestSuite::new(part.name.clone());
        let mut whole = TestCase::new("complete", TestCaseStatus::success());
        if !part.complete {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message("the run was interrupted");
            whole = TestCase::new("complete", status);
        }
        suite.add_test_case(whole);
        for finding in night.findings.iter().filter(|f| f.part == part.name) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message(finding.message.clone())
                .set_type(finding.status.to_string())
                .set_description(format!(
                    "{}\nagain: {}",
                    finding.excerpt.join("\n"),
                    finding.reproduce
                ));
            suite.add_test_case(TestCase::new(finding.id.clone(), status));
        }
        document.add_test_suite(suite);
    }
    Ok(document.to_string()?)
}

#[cfg(test)]
mod tests {
    use super::super::night::tests::night;
    use super::*;

    #[test]
    fn findings_are_failures_of_their_part() {
        let text = document(&night()).unwrap();
        assert!(text.contains("<testsuite name=\"run\""), "{text}");
        assert!(text.contains("failures=\"1\""), "{text}");
        assert!(text.contains("&lt;b&gt;"), "{text}");
    }
}
