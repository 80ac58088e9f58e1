# What containers/base and containers/build share: an error, and which engine there is.
# shellcheck shell=bash

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Print podman or docker: ENGINE, or what is there. A docker client without its daemon does not count.
find_engine() {
    local engine
    for engine in ${ENGINE:-podman docker}; do
        [[ $engine == podman || $engine == docker ]] || die "ENGINE is $engine: it can be podman or docker"
        if command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then
            echo "$engine"
            return
        fi
    done
    die "no working ${ENGINE:-podman or docker}: install podman (Debian: podman runc), or start docker's daemon"
}
