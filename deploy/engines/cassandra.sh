#!/usr/bin/env bash
# A real Apache Cassandra on loopback, for tests and for trying Outcry on it: it speaks the protocol of ScyllaDB.
#   cassandra.sh start     DIR [N]   start all nodes, or node N; returns when CQL answers
#   cassandra.sh stop      DIR [N]   stop gracefully
#   cassandra.sh kill      DIR [N]   SIGKILL; a later start goes on with the data in DIR
#   cassandra.sh pause     DIR [N]   SIGSTOP: a node that neither answers nor dies, until `resume`
#   cassandra.sh resume    DIR [N]
#   cassandra.sh status    DIR       a line per node: number, address, running, paused or stopped
#   cassandra.sh addresses DIR       for --scylla
#   cassandra.sh nodetool  DIR N ARGUMENTS...   such as flush outcry, compact outcry bars
#   cassandra.sh run       DIR CLASS ARGUMENTS...   a tool, such as org.apache.cassandra.tools.SSTableMetadataViewer
#   cassandra.sh checksums DIR       after a change of cassandra.pom.xml: write cassandra.sha256 anew
# Settings, from the environment at the first start in DIR and fixed there from then on:
#   count  1 or 3 nodes (1), at 127.0.0.1, .2, .3     port  of CQL (9042); the nodes' own at +1, nodetool's at +2 and on
# Settings of each start:
#   HEAP   Java heap a node (768m)      SETTINGS  lines for cassandra.yaml, @N@ is the node's number
#   OWNER  a process whose end ends the nodes
# Needs Java 17 and, the first time, Maven. The data centre is datacenter1.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || usage
action=$1 dir=$2
mkdir -p "$dir" && dir=$(cd "$dir" && pwd)
count=$(settle count 1) port=$(settle port 9042)

address() { echo "127.0.0.$1:$port"; }

# seeds are all nodes: one that is no seed does not start before a seed does, and these start together.
seeds() { seq -s, -f "127.0.0.%g:$((port + 1))" "$count"; }

configure() { # N
  local n=$1 token
  token=$(awk -v n="$n" -v c="$count" 'BEGIN { printf "%.0f", (n - 1) * (2 ^ 64 / c) - 2 ^ 63 }')
  mkdir -p "$dir/$n/data"
  cat >"$dir/$n/cassandra.yaml" <<CONF
cluster_name: outcry
num_tokens: 1
initial_token: "$token"
auto_bootstrap: false
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
data_file_directories: ["$dir/$n/data/data"]
commitlog_directory: "$dir/$n/data/commitlog"
saved_caches_directory: "$dir/$n/data/saved_caches"
hints_directory: "$dir/$n/data/hints"
cdc_raw_directory: "$dir/$n/data/cdc_raw"
commitlog_sync: group
commitlog_sync_group_window: 5ms
commitlog_segment_size: 16MiB
memtable_heap_space: 128MiB
memtable_offheap_space: 128MiB
endpoint_snitch: SimpleSnitch
listen_address: 127.0.0.$n
rpc_address: 127.0.0.$n
native_transport_port: $port
storage_port: $((port + 1))
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{seeds: "$(seeds)"}]
CONF
  printf '%s\n' "${SETTINGS:-}" | sed "s/@N@/$n/g" >>"$dir/$n/cassandra.yaml"
}

# What the server's own start script opens of the JDK for Java 17.
opened=()
for m in java.base/jdk.internal.misc java.base/java.lang.ref java.base/java.lang.reflect java.management.rmi/com.sun.jmx.remote.internal.rmi \
  java.rmi/sun.rmi.registry java.rmi/sun.rmi.server java.rmi/sun.rmi.transport.tcp java.sql/java.sql jdk.unsupported/sun.misc; do
  opened+=(--add-exports "$m=ALL-UNNAMED")
done
for m in java.lang java.lang.module java.lang.reflect java.io java.net java.nio java.util java.util.concurrent java.util.concurrent.atomic sun.nio.ch \
  jdk.internal.loader jdk.internal.ref jdk.internal.reflect jdk.internal.math jdk.internal.module jdk.internal.util.jar; do
  opened+=(--add-opens "java.base/$m=ALL-UNNAMED")
done
opened+=(--add-opens jdk.management/com.sun.management.internal=ALL-UNNAMED)

java_node() { # N
  local ring=500
  [ "$count" -gt 1 ] && ring=6000
  exec java -Xms256m -Xmx"${HEAP:-768m}" -Xss512k -XX:+UseSerialGC "${opened[@]}" -XX:+ExitOnOutOfMemoryError -XX:+ErrorFileToStdout \
    -Dcassandra.config="file://$dir/$1/cassandra.yaml" -Dcassandra.storagedir="$dir/$1/data" \
    -Dlogback.configurationFile="$here/cassandra.logback.xml" -Dcassandra.jmx.local.port=$((port + 1 + $1)) \
    -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=$ring -Dcassandra.superuser_setup_delay_ms=0 \
    -Dcassandra.consistent.rangemovement=false -Djdk.attach.allowAttachSelf=true -Dio.netty.tryReflectionSetAccessible=true \
    -cp "$lib/*" org.apache.cassandra.service.CassandraDaemon
}

java_tool() { # CLASS ARGUMENTS...
  exec java -Xmx256m "${opened[@]}" -Dlogback.configurationFile="$here/cassandra.logback.xml" -Dcassandra.config="file://$dir/1/cassandra.yaml" \
    -Dcassandra.storagedir="$dir/1/data" -cp "$lib/*" "$@"
}

# ready N: CQL is opened last, when the node can answer.
ready() { await "$dir/$1.pid" "$dir/$1.log" 240 port_open "$(address "$1")"; }

# New nodes start one after the other, each on the schema of those before it; nodes with data start together.
start() {
  local n new
  lib=$(jars cassandra)
  for n in $(members "$1"); do
    alive "$dir/$n.pid" && continue
    new=; [ -d "$dir/$n/data/data" ] || new=yes
    configure "$n"
    launch "$dir/$n.pid" "$dir/$n.log" java_node "$n"
    [ -z "$new" ] || ready "$n"
  done
  for n in $(members "$1"); do ready "$n"; done
  echo "cassandra: $(addresses)"
}

case $action in
  nodetool) lib=$(jars cassandra) && n=$3 && shift 3 && java_tool org.apache.cassandra.tools.NodeTool -h 127.0.0.1 -p $((port + 1 + n)) "$@" ;;
  run) lib=$(jars cassandra) && shift 2 && java_tool "$@" ;;
  checksums) jars cassandra write ;;
  *) act "$action" "${3:-}" ;;
esac
