# shellcheck shell=bash source=infra/slurm-dev/cluster.sh
# Every setting of the development cluster. up sources this once, when it makes the directory.

max_array=${HDRBATCH_SLURM_MAX_ARRAY:-1001} # Slurm's default: 1000 is the highest index
requeue_s=${HDRBATCH_SLURM_REQUEUE_S:-10}   # see cred_expire below; clusters have 120

# That many free ports, below the range that the kernel gives to clients.
free_ports() {
    local wanted=$1 port
    for port in $(shuf --input-range=20000-31999); do
        ((wanted > 0)) || return 0
        if [[ -z $(ss --no-header --listening --tcp --numeric "sport = :$port") ]]; then
            echo "$port"
            wanted=$((wanted - 1))
        fi
    done
}

write_mariadb_configuration() {
    cat >"$directory/mariadb.cnf" <<END
[mariadbd]
user = root
datadir = $directory/database
socket = $directory/private/mariadb.socket
pid-file = $directory/run/mariadbd.pid
skip-networking
skip-name-resolve
# Small and quick: nothing in it outlives the cluster.
innodb_buffer_pool_size = 64M
innodb_log_file_size = 16M
innodb_flush_log_at_trx_commit = 0
innodb_lock_wait_timeout = 900
performance_schema = OFF
END
}

write_slurmdbd_configuration() {
    cat >"$directory/slurmdbd.conf" <<END
AuthType=auth/munge
AuthInfo=socket=$directory/munge/socket
CommunicationParameters=NoInAddrAny
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$slurmdbd_port
SlurmUser=root
LogFile=$directory/log/slurmdbd.log
PidFile=$directory/run/slurmdbd.pid
StorageType=accounting_storage/mysql
# MYSQL_UNIX_PORT in slurmdbd's environment names the socket, there is no setting for it;
# root of the machine is root of the database (unix_socket), so there is no password.
StorageHost=localhost
StorageUser=root
StorageLoc=slurm
END
    chmod 600 "$directory/slurmdbd.conf" # slurmdbd insists
}

write_slurm_configuration() {
    local cores memory_mb node
    cores=$(($(nproc) / ${#nodes[@]}))
    ((cores > 0)) || cores=1
    # Nodes may have nine tenths of the machine's memory between them; the rest is the daemons' and yours.
    memory_mb=$(awk -v nodes=${#nodes[@]} '/^MemTotal:/ { print int($2 / 1024 * 0.9 / nodes) }' /proc/meminfo)
    {
        cat <<END
ClusterName=hdrbatch
SlurmUser=root
AuthType=auth/munge
# A requeued job may begin again when the credential of its last start has expired, 120 s by default.
AuthInfo=socket=$directory/munge/socket,cred_expire=$requeue_s

# Loopback only: Slurm's daemons, and srun, listen on the address of this machine's name in place of all of them.
SlurmctldHost=$host(127.0.0.1)
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort=$slurmctld_port

MailProg=/bin/true

StateSaveLocation=$directory/spool/slurmctld
SlurmdSpoolDir=$directory/spool/%n
SlurmctldPidFile=$directory/run/slurmctld.pid
SlurmdPidFile=$directory/run/slurmd.%n.pid
SlurmctldLogFile=$directory/log/slurmctld.log
SlurmdLogFile=$directory/log/slurmd.%n.log

# Neither control groups nor MPI: both depend on the machine.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none

# Cores and memory are what jobs share; one that goes over its memory is killed within a second or two.
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill

AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$slurmdbd_port
AccountingStoragePass=$directory/munge/socket

# A job in "short" takes the place of one in "debug", which is told (by --signal where it asked for one,
# else by TERM), has GraceTime to end, and is queued again. Slurm looks at times every 30 s, so the end may
# come that much later; a job that ends by itself within its GraceTime counts as ended and is not queued again.
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
JobRequeue=1

# Brisk, so that tests of time limits, lost nodes and requeues wait seconds and not minutes.
KillWait=5
SlurmctldTimeout=30
SlurmdTimeout=20
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
MaxArraySize=$max_array
MaxJobCount=20000

# The machine has more than its share of cores and memory; the node believes what is said here.
SlurmdParameters=config_overrides
END
        for node in "${!nodes[@]}"; do
            echo "NodeName=${nodes[node]} NodeHostname=$host NodeAddr=127.0.0.1 Port=${slurmd_ports[node]}" \
                "CPUs=$cores RealMemory=$memory_mb"
        done
        cat <<END
PartitionName=DEFAULT Nodes=ALL DefMemPerCPU=$((memory_mb / cores)) State=UP
PartitionName=debug Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=10
PartitionName=short MaxTime=5 PriorityTier=10 PreemptMode=OFF
END
    } >"$directory/slurm.conf"
}

write_configuration() {
    local host ports slurmdbd_port slurmctld_port slurmd_ports
    host=$(hostname --short)
    mapfile -t ports < <(free_ports $((2 + ${#nodes[@]})))
    slurmdbd_port=${ports[0]} slurmctld_port=${ports[1]} slurmd_ports=("${ports[@]:2}")
    write_mariadb_configuration
    write_slurmdbd_configuration
    write_slurm_configuration
    # slurmd loads this plugin though nothing here uses it. v1 asks nothing of the machine as long as it is not
    # used, be its control groups v1, v2 or none; v2 would talk to systemd and leave a process behind.
    echo "CgroupPlugin=cgroup/v1" >"$directory/cgroup.conf"
}
