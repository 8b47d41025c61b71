//! `npm ci` refuses a lock file that lacks a package, even one of another platform.

use std::fs;

use serde_json::Value;

use crate::repository;

/// Whether `packages` has what the package at `path` finds under `name`: its own, or one of a folder above.
fn is_locked(packages: &serde_json::Map<String, Value>, path: &str, name: &str) -> bool {
    let mut folder = path;
    loop {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        if packages.contains_key(&format!("{prefix}node_modules/{name}")) {
            return true;
        }
        match folder.rsplit_once("node_modules/") {
            Some((above, _)) => folder = above.trim_end_matches('/'),
            None => return false,
        }
    }
}

#[test]
fn every_dependency_is_locked() {
    let text = fs::read_to_string(repository().join("package-lock.json")).unwrap();
    let lock: Value = serde_json::from_str(&text).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    let mut checked = 0;
    for (path, package) in packages {
        for kind in ["dependencies", "devDependencies", "optionalDependencies"] {
            for name in package[kind].as_object().into_iter().flat_map(|names| names.keys()) {
                assert!(is_locked(packages, path, name), "`{path}` needs `{name}`, which is not locked");
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn the_lock_is_of_the_pinned_versions() {
    let read = |file: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(repository().join(file)).unwrap()).unwrap()
    };
    let (lock, package) = (read("package-lock.json"), read("package.json"));
    for (name, version) in package["devDependencies"].as_object().unwrap() {
        assert_eq!(lock["packages"][format!("node_modules/{name}")]["version"], *version, "{name}");
    }
}
