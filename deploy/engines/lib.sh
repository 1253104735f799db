# Sourced by kafka.sh and cassandra.sh: jars fetched once and checked, one way to start, wait for, stop and pause servers.
# shellcheck shell=bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${OUTCRY_ENGINES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/outcry/engines}

die() { echo "$(basename "$0"): $*" >&2; exit 1; }

# usage prints the head of the script, which is its manual.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# jars NAME: the folder with the jars that NAME.pom.xml names, fetched by the first who asks. What came is compared with
# NAME.sha256, so that a server is the same one everywhere; `jars NAME write` makes that list after a change of the pom.
jars() {
  local name=$1 dir
  dir=$cache/$name-$(sha256sum "$here/$name.pom.xml" | cut -c1-12)
  mkdir -p "$cache"
  (
    flock 9
    [ -e "$dir/.complete" ] && [ -z "${2:-}" ] && exit 0
    command -v mvn >/dev/null || die "Maven is needed to fetch $name (Debian: apt-get install maven)"
    echo "fetching $name into $dir, once" >&2
    mvn -B -q -C -f "$here/$name.pom.xml" dependency:copy-dependencies -DoutputDirectory="$dir" >&2
    if [ -n "${2:-}" ]; then (cd "$dir" && sha256sum -- *.jar) >"$here/$name.sha256"; fi
    (cd "$dir" && sha256sum --quiet --strict -c "$here/$name.sha256") >&2 || die "$dir is not what $name.sha256 lists; remove it and try again"
    touch "$dir/.complete"
  ) 9>"$cache/.lock"
  echo "$dir"
}

# members NUMBER: the members of the cluster that a command is about, all of them without NUMBER.
members() { if [ -n "${1:-}" ]; then echo "$1"; else seq "$count"; fi; }

# settle NAME DEFAULT: a setting of the cluster, from the environment at the first start and from then on as it was.
settle() {
  local file=$dir/$1
  [ -s "$file" ] || echo "${!1:-$2}" >"$file"
  cat "$file"
}

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# launch PIDFILE LOG COMMAND...: in the background with a fresh log (the last one stays as LOG.1). Where OWNER is a
# process, the server is killed when that process is gone: a test that dies leaves nothing behind.
launch() {
  local pidfile=$1 log=$2; shift 2
  [ -e "$log" ] && mv "$log" "$log.1"
  (trap '' INT HUP; "$@" >"$log" 2>&1 </dev/null) &
  local pid=$!
  echo "$pid" >"$pidfile"
  if [ -n "${OWNER:-}" ]; then outlive "$pid" >/dev/null 2>&1 </dev/null & fi
}

# outlive PID: ends that process once OWNER is gone.
outlive() {
  trap '' INT HUP
  while kill -0 "$OWNER" && kill -0 "$1"; do sleep 1; done
  kill -0 "$OWNER" || kill -KILL "$1"
}

port_open() { (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null; }

# await PIDFILE LOG SECONDS CHECK...: until CHECK succeeds; fails at once if the process ends.
await() {
  local pidfile=$1 log=$2 limit=$3 from=$SECONDS; shift 3
  until "$@"; do
    alive "$pidfile" || { tail -n 20 "$log" >&2; die "ended while starting; its log is $log"; }
    [ $((SECONDS - from)) -lt "$limit" ] || { tail -n 20 "$log" >&2; die "not ready after $limit s; its log is $log"; }
    sleep 0.2
  done
}

# ended PIDFILE: waits until that process is gone; one that takes more than 15 s to stop is killed.
ended() {
  local pid from=$SECONDS
  [ -s "$1" ] || return 0
  pid=$(cat "$1")
  while kill -0 "$pid" 2>/dev/null; do
    [ $((SECONDS - from)) -lt 15 ] || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
  done
  rm -f "$1"
}

# signal SIGNAL [N]: to all members that run, at once, or to one.
signal() {
  local n
  for n in $(members "${2:-}"); do
    if alive "$dir/$n.pid"; then kill "-$1" "$(cat "$dir/$n.pid")"; fi
  done
}

# finish SIGNAL [N]: the same, and they are gone afterwards, paused ones too.
finish() {
  local n
  signal "$@"
  signal CONT "${2:-}" 2>/dev/null || true
  for n in $(members "${2:-}"); do ended "$dir/$n.pid"; done
}

# act ACTION [N]: what both servers do alike; `start` and `addresses` are their own.
act() {
  case $1 in
    start) start "${2:-}" ;;
    stop) finish TERM "${2:-}" ;;
    kill) finish KILL "${2:-}" ;;
    pause) signal STOP "${2:-}" ;;
    resume) signal CONT "${2:-}" ;;
    addresses) addresses ;;
    status) status ;;
    *) usage ;;
  esac
}

status() {
  local n state
  for n in $(seq "$count"); do
    state=stopped
    if alive "$dir/$n.pid"; then
      state=running
      ! grep -qs '^State:.*T' "/proc/$(cat "$dir/$n.pid")/status" || state=paused
    fi
    echo "$n $(address "$n") $state"
  done
}

addresses() {
  local n all=""
  for n in $(seq "$count"); do all+="${all:+,}$(address "$n")"; done
  echo "$all"
}
