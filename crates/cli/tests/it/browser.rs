//! Reports in a real browser. Runs by `make report-check`, which brings it: `BTRST_CHROMIUM` names it, or it is on the
//! path.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What chromium writes with `arguments` about the page `page`. It reaches no network.
fn chromium(page: &Path, arguments: &[&str]) -> String {
    let browser = std::env::var_os("BTRST_CHROMIUM").unwrap_or_else(|| "chromium".into());
    let output = Command::new(&browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .current_dir(page.parent().unwrap())
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", browser.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The page as the browser has it once it is loaded.
pub fn dom(page: &Path) -> String {
    chromium(page, &["--dump-dom"])
}

/// Takes pictures of `page` in light, in dark and on a phone, called `name-light.png` and so on, in the folder that
/// `BTRST_SCREENSHOTS` names or beside the page, and checks that something is on them and that dark is not light.
pub fn look(page: &Path, name: &str) {
    let beside = || page.parent().unwrap().to_owned();
    let folder = std::env::var_os("BTRST_SCREENSHOTS").map_or_else(beside, PathBuf::from);
    let mut pictures = Vec::new();
    for (way, size, dark) in
        [("light", "1100,1400", false), ("dark", "1100,1400", true), ("phone", "390,1400", false)]
    {
        let picture = folder.join(format!("{name}-{way}.png"));
        let (to, size) = (format!("--screenshot={}", picture.display()), format!("--window-size={size}"));
        let mut arguments = vec![to.as_str(), size.as_str()];
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0");
        }
        chromium(page, &arguments);
        pictures.push(std::fs::read(&picture).unwrap());
    }
    assert!(pictures.iter().all(|picture| picture.len() > 5_000), "a picture is empty");
    assert_ne!(pictures[0], pictures[1], "light and dark look the same");
}
