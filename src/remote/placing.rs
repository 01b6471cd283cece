//! What scripts that put files in their place begin with.

/// A script that puts files in their place.
macro_rules! place_script {
    ($($name:literal),+) => {
        concat!(
            include_str!("scripts/place.sh"),
            include_str!("scripts/package_default.sh"),
            $(include_str!(concat!("scripts/", $name))),+
        )
    };
}
