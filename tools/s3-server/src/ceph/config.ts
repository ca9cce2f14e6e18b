import { randomBytes } from "node:crypto";

/** Every daemon and our own commands, each with all rights: the cluster is thrown away. */
const ENTITIES = ["mon.", "client.admin", "osd.0", "client.rgw"];

/**
 * A keyring of new cephx keys. The gateway refuses to run without a key even where authentication
 * is switched off.
 */
export function keyring(): string {
  return ENTITIES.map(
    (entity) => `[${entity}]
	key = ${cephxKey()}
	caps mgr = "allow *"
	caps mon = "allow *"
	caps osd = "allow *"
`,
  ).join("");
}

/** Ceph's `CryptoKey`: type AES (1), seconds and nanoseconds of its making, length, 16 bytes; little-endian. */
function cephxKey(): string {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(1, 0);
  head.writeUInt32LE(Math.floor(Date.now() / 1000), 2);
  head.writeUInt16LE(16, 10);
  return Buffer.concat([head, randomBytes(16)]).toString("base64");
}

export interface ClusterPlace {
  readonly root: string;
  readonly fsid: string;
  readonly monitorPort: number;
}

/**
 * `ceph.conf` of one monitor, one object store in memory and one gateway, all on the loopback
 * address, without a manager, without replicas and without background work of the gateway. The monitor's wait before it decides
 * (a second by default) would make a start four times as long.
 */
export function cephConf({ root, fsid, monitorPort }: ClusterPlace): string {
  return `[global]
fsid = ${fsid}
mon_host = v2:127.0.0.1:${monitorPort}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
auth_allow_insecure_global_id_reclaim = false
run_dir = ${root}/run
admin_socket =
log_file = ${root}/$name.log
mon_cluster_log_file = ${root}/cluster.log
mon_data = ${root}/mon
mon_data_avail_crit = 0
paxos_propose_interval = 0.01
paxos_min_wait = 0.01
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
osd_data = ${root}/osd
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_crush_initial_weight = 1
osd_class_load_list = *
osd_class_default_list = *
keyring = ${root}/keyring
rgw_data = ${root}/rgw
rgw_crypt_require_ssl = false

[client]
client_mount_timeout = 20
rgw_run_sync_thread = false
rgw_dynamic_resharding = false
rgw_enable_lc_threads = false
rgw_enable_quota_threads = false
`;
}
