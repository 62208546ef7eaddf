// Pools of mote.h. What an event needs of C's own (a lease and the handle of its store) is kept by its worker for the next one, so
// that nothing is allocated in the steady state. Tested by pool_test.c.
#include "base/core/format.h"
#include "engine/capi/handles.h"
#include "engine/capi/structs.h"
#include "engine/capi/values.h"

#include <mote/pool.h>

using namespace mote;
using namespace mote::capi;

// NOLINTBEGIN(readability-identifier-naming): the names of mote.h
struct mote_pool_t {
  Engine engine;
  Pool pool;
  size_t member_count;
  std::string tracking;
};
struct mote_lease_t {
  mote_lease_t(mote_worker_t* of, const Engine& engine) : worker(of), store(engine) {}
  mote_worker_t* const worker;
  mote_store_t store;
  std::optional<Pool::Lease> lease;  // empty: free
};
struct mote_worker_t {
  explicit mote_worker_t(const mote_pool_t& of) : pool(of), worker(of.pool.worker()) {}
  const mote_pool_t pool;
  Pool::Worker worker;
  std::vector<std::unique_ptr<mote_lease_t>> leases;  // end before the worker
  std::vector<mote_lease_t*> free;                    // of these, the ones that wait to be used again
};
struct mote_packed_t {
  Pool::Packed packed;
};
// NOLINTEND(readability-identifier-naming)

namespace {

uint64_t or_standard(uint64_t wanted, const limits::Limit& limit) {
  return wanted == 0 ? limit.standard : wanted;
}

Result<std::vector<PoolConfig::Member>> members_of(const mote_pool_config_t& from) {
  if (from.members == nullptr || from.member_count == 0) {
    return fail(ErrorKind::bad_input, "mote_pool_config_t: members is NULL or empty: a pool needs a module");
  }
  if (from.member_count > limits::instances.hard) {
    return fail(ErrorKind::limit, format("mote_pool_config_t: {} members: at most {}", from.member_count, limits::instances.hard));
  }
  std::vector<PoolConfig::Member> members;
  for (const mote_pool_member_t& member : std::span(from.members, from.member_count)) {
    if (is_missing(member.module) || is_missing(member.name)) {
      return fail(ErrorKind::bad_input, format("mote_pool_config_t: member {} has no module or no name", members.size()));
    }
    members.push_back({std::string(view(member.name)), member.module->module});
  }
  return members;
}

Result<PoolConfig> config_of(const mote_pool_config_t* given) {
  const mote_pool_config_t from = TRY(read_struct(given, "mote_pool_config_t"));
  if (from.reserved != 0)
    return fail(ErrorKind::bad_input, format("mote_pool_config_t: reserved is {}: it must be 0", from.reserved));
  if (from.copies_whole > MOTE_OFF) {
    return fail(
        ErrorKind::bad_input,
        format("mote_pool_config_t: copies_whole is {}, which this version of the library does not know", from.copies_whole));
  }
  PoolConfig config;
  config.members = TRY(members_of(from));
  if (from.init != nullptr) {
    config.init.clear();
    for (const mote_string_t name : std::span(from.init, from.init_count)) {
      if (is_missing(name)) return fail(ErrorKind::bad_input, "mote_pool_config_t: a name in init is NULL");
      config.init.emplace_back(view(name));
    }
  }
  config.init_data = from.init_data;
  if (from.before_init != nullptr) {
    config.before_init = [call = from.before_init, data = from.before_init_data](const Stopper& stopper) {
      const mote_stopper_t handle{stopper};
      call(data, &handle);
    };
  }
  config.limits = TRY(limits_of(from.limits, limits::pool_memory_size));
  config.sandboxes = or_standard(from.sandboxes, limits::pool_sandboxes);
  config.kept_bytes_each = or_standard(from.kept_bytes_each, limits::pool_kept_each);
  config.kept_bytes = or_standard(from.kept_bytes, limits::pool_kept);
  config.fuel = from.fuel;
  config.epoch_ticks = from.epoch_ticks;
  config.copies_whole = from.copies_whole == MOTE_ON;
  return config;
}

// A lease in one of the worker's own objects.
mote_lease_t* give_lease(mote_worker_t& worker, Pool::Lease lease) {
  if (worker.free.empty()) {
    worker.leases.push_back(std::make_unique<mote_lease_t>(&worker, worker.pool.engine));
    worker.free.reserve(worker.leases.capacity());  // so that releasing needs no memory
    worker.free.push_back(worker.leases.back().get());
  }
  mote_lease_t* const handle = worker.free.back();
  worker.free.pop_back();
  handle->lease.emplace(std::move(lease));
  handle->store.store = &handle->lease->store();
  handle->store.data = nullptr;
  handle->store.store->set_data(&handle->store);
  return handle;
}

void free_lease(mote_lease_t& handle) {
  handle.lease.reset();
  handle.store.store = nullptr;
  handle.worker->free.push_back(&handle);
}

}  // namespace

mote_failure_t* mote_pool_create(const mote_engine_t* engine, const mote_linker_t* linker, const mote_pool_config_t* config,
                                 mote_pool_t** pool) {
  MOTE_OUTPUT(pool);
  MOTE_NEED(engine);
  MOTE_NEED(linker);
  MOTE_NEED(config);
  auto wanted = config_of(config);
  if (!wanted) return failed(std::move(wanted.error()));
  mote_store_t during_init(engine->engine);  // no store that C may touch, but its data
  during_init.data = std::exchange(wanted->init_data, &during_init);
  const size_t member_count = wanted->members.size();
  return give(Pool::create(engine->engine, linker->linker, std::move(*wanted)), pool,
              [&](const Pool& made) { return hand_over<mote_pool_t>(engine->engine, made, member_count, made.report().tracking); });
}
mote_pool_t* mote_pool_share(const mote_pool_t* pool) {
  return pool == nullptr ? nullptr : hand_over<mote_pool_t>(*pool);
}
void mote_pool_delete(mote_pool_t* pool) {
  take_back(pool);
}

bool mote_pool_report(const mote_pool_t* pool, mote_pool_report_t* report) {
  if (pool == nullptr) return false;
  const Pool::Report now = pool->pool.report();
  mote_pool_report_t known = {};
  known.tracking = lent(pool->tracking);
  known.template_bytes = now.template_bytes;
  known.sandboxes = now.sandboxes;
  known.mappings = now.mappings;
  known.kept_bytes = now.kept_bytes;
  known.packed = now.packed;
  known.packed_bytes = now.packed_bytes;
  return write_struct(report, known);
}

mote_failure_t* mote_worker_create(const mote_pool_t* pool, mote_worker_t** worker) {
  MOTE_OUTPUT(worker);
  MOTE_NEED(pool);
  *worker = std::make_unique<mote_worker_t>(*pool).release();
  return success;
}
void mote_worker_delete(mote_worker_t* worker) {
  take_back(worker);
}
mote_failure_t* mote_worker_acquire(mote_worker_t* worker, mote_lease_t** lease) {
  MOTE_OUTPUT(lease);
  MOTE_NEED(worker);
  return give(worker->worker.acquire(), lease, [&](Pool::Lease made) { return give_lease(*worker, std::move(made)); });
}
mote_failure_t* mote_worker_arm(mote_worker_t* worker, uint64_t count) {
  MOTE_NEED(worker);
  return outcome(worker->worker.arm(count));
}
void mote_worker_tend(mote_worker_t* worker) {
  if (worker != nullptr) worker->worker.tend();
}

void mote_lease_release(mote_lease_t* lease) {
  if (lease != nullptr && lease->lease) free_lease(*lease);
}
mote_store_t* mote_lease_store(const mote_lease_t* lease) {
  return lease == nullptr || !lease->lease ? nullptr : const_cast<mote_store_t*>(&lease->store);
}
mote_instance_t mote_lease_instance(const mote_lease_t* lease, size_t member) {
  if (lease == nullptr || !lease->lease || member >= lease->worker->pool.member_count) return {};
  return to_c<mote_instance_t>(lease->lease->instance(member));
}

mote_failure_t* mote_lease_pack(mote_lease_t* lease, mote_packed_t** packed) {
  MOTE_OUTPUT(packed);
  MOTE_NEED(lease);
  if (!lease->lease) return missing("lease");
  auto made = lease->lease->pack();
  if (!made) return failed(std::move(made.error()));
  free_lease(*lease);
  *packed = hand_over<mote_packed_t>(std::move(*made));
  return success;
}
mote_failure_t* mote_worker_unpack(mote_worker_t* worker, mote_packed_t* packed, mote_lease_t** lease) {
  const std::unique_ptr<mote_packed_t> taken(packed);
  MOTE_OUTPUT(lease);
  MOTE_NEED(worker);
  MOTE_NEED(packed);
  return give(worker->worker.unpack(std::move(taken->packed)), lease,
              [&](Pool::Lease made) { return give_lease(*worker, std::move(made)); });
}
uint64_t mote_packed_size_bytes(const mote_packed_t* packed) {
  return packed == nullptr ? 0 : packed->packed.size_bytes();
}
void mote_packed_delete(mote_packed_t* packed) {
  take_back(packed);
}
