// Stores of mote.h, their stoppers and tasks. Tested by capi_test.c.
#include "engine/capi/handles.h"
#include "engine/capi/values.h"

using namespace mote;
using namespace mote::capi;

mote_failure_t* mote_store_create(const mote_engine_t* engine, const mote_store_limits_t* limits, mote_store_t** store) {
  MOTE_OUTPUT(store);
  MOTE_NEED(engine);
  const auto wanted = limits_of(limits);
  if (!wanted) return failed(wanted.error());
  return give(Store::create(engine->engine, *wanted), store,
              [&](Store made) { return std::make_unique<mote_store_t>(engine->engine, std::move(made)).release(); });
}
void mote_store_delete(mote_store_t* store) {
  if (store != nullptr && store->own) take_back(store);
}
void mote_store_set_data(mote_store_t* store, void* data) {
  if (store != nullptr) store->data = data;
}
void* mote_store_data(const mote_store_t* store) {
  return store == nullptr ? nullptr : store->data;
}

mote_failure_t* mote_store_set_fuel(mote_store_t* store, int64_t fuel) {
  MOTE_NEED(store);
  if (!store->engine.codegen().fuel) {
    return failed(Error{ErrorKind::bad_input, "the engine's code counts no fuel: set mote_engine_config_t.fuel to MOTE_ON"});
  }
  store->store->set_fuel(fuel);
  return success;
}
int64_t mote_store_fuel(const mote_store_t* store) {
  return store == nullptr ? 0 : store->store->fuel();
}
mote_failure_t* mote_store_set_epoch_deadline(mote_store_t* store, uint64_t ticks_from_now) {
  MOTE_NEED(store);
  if (!store->engine.codegen().epochs) {
    return failed(Error{ErrorKind::bad_input, "the engine's code looks at no epochs: set mote_engine_config_t.epochs to MOTE_ON"});
  }
  store->store->set_epoch_deadline(ticks_from_now);
  return success;
}

mote_failure_t* mote_store_set_growth_observer(mote_store_t* store, mote_growth_observer_t observer, void* data,
                                               mote_destroy_t destroy) {
  Owned owned(data, destroy);
  MOTE_NEED(store);
  store->store->set_growth_observer(function_of(observer, std::move(owned)));
  return success;
}

mote_failure_t* mote_store_new_externref(mote_store_t* store, uint64_t number, mote_value_t* reference) {
  MOTE_OUTPUT(reference);
  MOTE_NEED(store);
  return give(store->store->new_externref(number), reference, [](Val made) { return to_c(made); });
}
bool mote_store_externref_number(const mote_store_t* store, const mote_value_t* reference, uint64_t* number) {
  if (number == nullptr) return false;
  *number = 0;
  if (store == nullptr || reference == nullptr || reference->kind != MOTE_VALUE_EXTERNREF) return false;
  const auto value = from_c(*reference);
  const auto found = value ? store->store->externref_number(*value) : std::nullopt;
  if (!found) return false;
  *number = *found;
  return true;
}

mote_failure_t* mote_store_stopper(const mote_store_t* store, mote_stopper_t** stopper) {
  MOTE_OUTPUT(stopper);
  MOTE_NEED(store);
  *stopper = hand_over<mote_stopper_t>(store->store->stopper());
  return success;
}
mote_stopper_t* mote_stopper_share(const mote_stopper_t* stopper) {
  return stopper == nullptr ? nullptr : hand_over<mote_stopper_t>(*stopper);
}
void mote_stopper_delete(mote_stopper_t* stopper) {
  take_back(stopper);
}
bool mote_stopper_stop(const mote_stopper_t* stopper, mote_string_t reason, uint64_t patience_ns) {
  if (stopper == nullptr || is_missing(reason)) return false;
  return stopper->stopper.stop(std::string(view(reason)), patience_ns);
}
void mote_stopper_preempt(const mote_stopper_t* stopper) {
  if (stopper != nullptr) stopper->stopper.preempt();
}
uint64_t mote_stopper_cpu_time_ns(const mote_stopper_t* stopper) {
  return stopper == nullptr ? 0 : stopper->stopper.cpu_time_ns();
}
bool mote_stopper_notify_when_running(const mote_stopper_t* stopper, void (*begins)(void* data), void* data,
                                      mote_destroy_t destroy) {
  Owned owned(data, destroy);
  return stopper != nullptr && stopper->stopper.notify_when_running(function_of(begins, std::move(owned)));
}
mote_failure_t* mote_store_on_stop(mote_store_t* store, void (*wake)(void* data), void* data, mote_destroy_t destroy) {
  Owned owned(data, destroy);
  MOTE_NEED(store);
  store->store->on_stop(function_of(wake, std::move(owned)));
  return success;
}
void mote_store_cancel_waits(mote_store_t* store) {
  if (store != nullptr) store->store->cancel_waits();
}

mote_failure_t* mote_task_create(mote_store_t* store, void (*work)(void* data), void* data, mote_destroy_t destroy,
                                 mote_task_t** task) {
  Owned owned(data, destroy);
  MOTE_OUTPUT(task);
  MOTE_NEED(store);
  MOTE_NEED(work);
  *task = hand_over<mote_task_t>(Task(*store->store, function_of(work, std::move(owned))));
  return success;
}
void mote_task_delete(mote_task_t* task) {
  take_back(task);
}

mote_failure_t* mote_task_resume(mote_task_t* task, mote_task_step_t* step) {
  if (step != nullptr) *step = 0;
  MOTE_NEED(task);
  if (task->is_running) return failed(Error{ErrorKind::bad_input, "the task runs"});
  task->is_running = true;
  auto turn = task->task.resume();
  task->is_running = false;
  if (!turn) return failed(std::move(turn.error()));
  mote_task_step_t ended = MOTE_TASK_ENDED;
  switch (*turn) {
    case Task::Step::ended:
      break;
    case Task::Step::parked:
      ended = MOTE_TASK_PARKED;
      break;
    case Task::Step::preempted:
      ended = MOTE_TASK_PREEMPTED;
      break;
  }
  if (step != nullptr) *step = ended;
  return success;
}
bool mote_task_has_ended(const mote_task_t* task) {
  return task != nullptr && task->task.has_ended();
}
bool mote_task_park(mote_task_t* task) {
  return task != nullptr && task->is_running && task->task.park();
}
