# shellcheck shell=bash
# What up, down, env and lose-node share: where the cluster lies, and which processes are its own.

directory=${HDRBATCH_SLURM_DIR:-/tmp/hdrbatch-slurm}
marker=$directory/.hdrbatch-slurm # says that the directory was made by up, so that down may remove it
nodes=(n0 n1)

die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

# Run the calling script again as root where it is not.
become_root() {
    [[ $EUID -ne 0 ]] || return 0
    command -v sudo >/dev/null || die "needs root, and there is no sudo: run it as root"
    exec sudo --preserve-env=HDRBATCH_SLURM_DIR,HDRBATCH_SLURM_MAX_ARRAY,HDRBATCH_SLURM_REQUEUE_S "$0" "$@"
}

check_directory_name() {
    [[ $directory == /?* && $directory != *[[:space:]]* && $directory != */../* && $directory != */ ]] ||
        die "HDRBATCH_SLURM_DIR is '$directory': give an absolute path without blanks, '..' or a '/' at its end"
    # A step's socket is DIRECTORY/spool/n0/n0_JOBID.STEPID, and the name of a socket ends at 107 bytes.
    ((${#directory} <= 70)) ||
        die "HDRBATCH_SLURM_DIR is ${#directory} characters long, sockets in it allow 70: choose a shorter path"
}

# Daemons and job steps of this cluster: Slurm's, munge's or MariaDB's programs with a file of the directory open.
# Pid files alone would miss job steps, and could name a stranger once a number is used again.
# Optionally only those with that file open.
daemons() {
    local file=${1:-*} pid program
    # The processes of a machine come and go while they are listed.
    { find /proc/[0-9]*/fd -maxdepth 1 -lname "$directory/$file" -printf '%h\n' 2>/dev/null || true; } |
        sort -u | while IFS=/ read -r _ _ pid _; do
        program=$(readlink "/proc/$pid/exe") || continue
        case ${program##*/} in
            munged | mariadbd | slurm*) echo "$pid" ;;
        esac
    done
}

# Processes that jobs on this cluster left: their environment names the configuration and a node.
# Optionally only those on one node.
job_processes() {
    local node=${1:-} environment pid
    for environment in /proc/[0-9]*/environ; do
        if grep --quiet --null-data --line-regexp "SLURM_CONF=$directory/slurm.conf" "$environment" 2>/dev/null &&
            grep --quiet --null-data "^SLURMD_NODENAME=${node:-.}" "$environment" 2>/dev/null; then
            pid=${environment#/proc/}
            echo "${pid%/environ}"
        fi
    done
}

# Whether the daemon of that name (munged, mariadbd, slurmdbd, slurmctld, slurmd.n0, ...) runs.
running() {
    local pid
    # grep reads to the end: with --quiet it would leave early, and daemons would die of its closed pipe.
    pid=$(cat "$directory/run/$1.pid" 2>/dev/null) && daemons | grep --line-regexp "$pid" >/dev/null
}

# Tell processes to end, wait up to so many seconds, then kill what is left: stop SECONDS PID...
stop() {
    local deadline=$((SECONDS + $1)) pid
    shift
    kill -TERM "$@" 2>/dev/null || true
    for pid in "$@"; do
        # A process that nobody has reaped yet has ended, and has no program any more.
        while [[ -e /proc/$pid/exe ]]; do
            ((SECONDS <= deadline)) || kill -KILL "$pid" 2>/dev/null || true
            sleep 0.05
        done
    done
}
