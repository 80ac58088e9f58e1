# Shared by containers/base and containers/build: reporting an error, and finding the engine.
# shellcheck shell=bash

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Print podman or docker: ENGINE, or the one that is available. A docker client without its daemon does not count.
find_engine() {
    local engine
    for engine in ${ENGINE:-podman docker}; do
        [[ $engine == podman || $engine == docker ]] || die "ENGINE is $engine; use podman or docker"
        if command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then
            echo "$engine"
            return
        fi
    done
    die "no working ${ENGINE:-podman or docker}; install podman (Debian: podman runc), or start the docker daemon"
}
