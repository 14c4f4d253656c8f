//! The page of a report in a real browser, without a window: what it shows is there, and nothing in it
//! fails. Where no browser is installed there is nothing to test, and the test says so.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Names a browser; then there has to be one.
const VARIABLE: &str = "CONFORMANCE_BROWSER";
/// What it is called otherwise.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Comes before everything else in a page: notes scripts that fail and files that can't be loaded.
const WATCH: &str = "<script>\
    window.addEventListener('error', function (event) {\
    document.documentElement.setAttribute('data-failed', event.message || 'not loaded'); }, true);\
    </script>";

/// How that shows.
const FAILED: &str = "data-failed=";

fn browser() -> Option<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE) {
        return Some(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let files = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    files.into_iter().find(|file| file.is_file())
}

/// A page as the browser has it after all scripts have run.
fn opened(browser: &Path, folder: &Path, page: &str) -> String {
    let file = folder.join("watched.html");
    let (before, behind) = page.split_once("<head>").unwrap();
    fs::write(&file, format!("{before}<head>{WATCH}{behind}")).unwrap();
    let profile = folder.join("profile");
    let output = Command::new(browser)
        // The sandbox needs rights that containers don't give.
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-dev-shm-usage", "--no-first-run"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", file.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", browser.display());
    String::from_utf8(output.stdout).unwrap()
}

fn conformance(arguments: &[&str], status: i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .current_dir("/")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{errors}");
}

#[test]
fn a_browser_opens_the_page_and_nothing_fails() {
    let Some(browser) = browser() else {
        // Not with eprintln, which the test runner keeps to itself.
        let names = NAMES.join(", ");
        let _told = writeln!(
            io::stderr(),
            "skipped: the page was not opened, as there is no browser ({names}; {VARIABLE}=PATH)"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let inside = |name: &str| root.join(name).display().to_string();

    // A difference, and what programs have exercised.
    for (name, text) in [("p.lua", "print('hello')\n"), ("p.stdout", "hello\n")] {
        fs::create_dir_all(root.join("corpus/golden")).unwrap();
        fs::write(root.join("corpus/golden").join(name), text).unwrap();
    }
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake");
    let engine = |name: &str, script: &str| {
        let script = scripts.join(script);
        format!("--engine-path={name}={}", script.display())
    };
    let (oracle, rilua) = (engine("oracle", "hello.sh"), engine("rilua", "other.sh"));
    let (night, run) = (inside("night"), inside("night/run"));
    conformance(
        &[
            "run",
            "--root",
            &inside(""),
            "--report",
            &run,
            &oracle,
            &rilua,
        ],
        1,
    );
    let (findings, report) = (inside("findings"), inside("night/campaign"));
    conformance(
        &[
            "campaign",
            "--seed",
            "1",
            "--count",
            "12",
            "--findings",
            &findings,
            "--report",
            &report,
        ],
        0,
    );
    conformance(&["report", &night], 1);
    // Again, with nothing new: the plot of all reports begins with the second.
    conformance(&["report", &night], 0);

    let page = fs::read_to_string(root.join("night/index.html")).unwrap();
    let seen = opened(&browser, &root, &page);
    assert!(!seen.contains(FAILED), "{seen}");
    for text in ["corpus/golden/p.lua", "GETGLOBAL", "string.rep", "<svg"] {
        assert!(seen.contains(text), "no {text} in {seen}");
    }

    // What fails would have been seen.
    let broken = page.replace("</body>", "<script>notDefinedAnywhere()</script></body>");
    let seen = opened(&browser, &root, &broken);
    assert!(
        seen.contains(&format!("{FAILED}\"Uncaught ReferenceError")),
        "{seen}"
    );
    let broken = page.replace("</body>", "<img src=\"missing.png\"></body>");
    let seen = opened(&browser, &root, &broken);
    assert!(seen.contains(&format!("{FAILED}\"not loaded")), "{seen}");
}
