#!/usr/bin/env bash
# A real Apache Kafka (KRaft) on loopback, for tests and for trying Outcry on it.
#   kafka.sh start     DIR [N]   start all brokers, or broker N; returns when they serve
#   kafka.sh stop      DIR [N]   stop gracefully
#   kafka.sh kill      DIR [N]   SIGKILL; a later start goes on with the data in DIR
#   kafka.sh pause     DIR [N]   SIGSTOP: a broker that neither answers nor dies, until `resume`
#   kafka.sh resume    DIR [N]
#   kafka.sh status    DIR       a line per broker: number, address, running, paused or stopped
#   kafka.sh addresses DIR       for --kafka
#   kafka.sh run       DIR CLASS ARGUMENTS...   a tool of Kafka's, such as kafka.admin.ConfigCommand
#   kafka.sh checksums DIR       after a change of kafka.pom.xml: write kafka.sha256 anew
# Settings, from the environment at the first start in DIR and fixed there from then on:
#   count  1 or 3 brokers (1)        port  of the first; the others at +10 and +20, controllers one above each (9092)
# Settings of each start:
#   HEAP   Java heap a broker (512m)    SETTINGS  lines for server.properties, @N@ is the broker's number, @PORT@ its port,
#          @CONTROLLER@ its controller's, @PORT2@ and @PORT3@ two more for listeners of your own (the ports that follow)
#   FORMAT arguments of the first formatting, such as --add-scram ...    OWNER  a process whose end ends the brokers
# Needs Java 17 and, the first time, Maven. Broker N is in rack rack-N.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || usage
action=$1 dir=$2
mkdir -p "$dir" && dir=$(cd "$dir" && pwd)
count=$(settle count 1) port=$(settle port 9092)

port_of() { echo $((port + 10 * ($1 - 1))); }
address() { echo "127.0.0.1:$(port_of "$1")"; }

configure() { # N
  local n=$1 p min=1 voters="" v
  p=$(port_of "$n")
  [ "$count" -gt 1 ] && min=2
  for v in $(seq "$count"); do voters+="${voters:+,}$v@127.0.0.1:$(($(port_of "$v") + 1))"; done
  mkdir -p "$dir/$n"
  cat >"$dir/$n/server.properties" <<CONF
process.roles=broker,controller
node.id=$n
broker.rack=rack-$n
replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:$p,CONTROLLER://127.0.0.1:$((p + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$p
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/$n/data
default.replication.factor=$count
min.insync.replicas=$min
offsets.topic.replication.factor=$count
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=$count
transaction.state.log.num.partitions=8
transaction.state.log.min.isr=$min
share.coordinator.state.topic.replication.factor=$count
share.coordinator.state.topic.min.isr=$min
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
CONF
  printf '%s\n' "${SETTINGS:-}" | sed "s/@N@/$n/g; s/@PORT@/$p/g; s/@CONTROLLER@/$((p + 1))/g; s/@PORT2@/$((p + 2))/g; s/@PORT3@/$((p + 3))/g" >>"$dir/$n/server.properties"
}

java_kafka() { exec java -Xmx"${HEAP:-512m}" -XX:+UseSerialGC -Dlog4j2.configurationFile="$here/kafka.log4j2.properties" -cp "$lib/*" "$@"; }

format() { # N
  [ ! -e "$dir/$1/data/meta.properties" ] || return 0
  # shellcheck disable=SC2086 # FORMAT is several arguments
  (java_kafka kafka.tools.StorageTool format -t "$(cat "$dir/cluster.id")" -c "$dir/$1/server.properties" ${FORMAT:-}) >"$dir/$1.format.log" 2>&1 ||
    { cat "$dir/$1.format.log" >&2; die "formatting broker $1"; }
}

# An open port is not yet a broker that serves: wait for its own word too (the log is fresh at every start).
ready() { port_open "$(address "$1")" && grep -qs "Kafka Server started" "$dir/$1.log"; }

start() {
  local n
  lib=$(jars kafka)
  [ -s "$dir/cluster.id" ] || head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=' | sed 's/^-/A/' >"$dir/cluster.id"
  for n in $(members "$1"); do
    alive "$dir/$n.pid" && continue
    configure "$n"
    format "$n"
    launch "$dir/$n.pid" "$dir/$n.log" java_kafka kafka.Kafka "$dir/$n/server.properties"
  done
  for n in $(members "$1"); do await "$dir/$n.pid" "$dir/$n.log" 120 ready "$n"; done
  echo "kafka: $(addresses)"
}

case $action in
  run) lib=$(jars kafka) && shift 2 && java_kafka "$@" ;;
  checksums) jars kafka write ;;
  *) act "$action" "${3:-}" ;;
esac
