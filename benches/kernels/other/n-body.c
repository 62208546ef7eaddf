// n-body: bodies attract each other by Newton's law in three dimensions; symplectic steps. The energy hardly changes.
#include "../kernel.h"

#include <math.h>

enum { BODIES = 5, STEPS = 3000000 };

typedef struct {
  double at[3], speed[3], mass;
} Body;

static void advance(Body* bodies, double dt) {
  for (int i = 0; i < BODIES; ++i) {
    Body* a = &bodies[i];
    for (int j = i + 1; j < BODIES; ++j) {
      Body* b = &bodies[j];
      const double dx = a->at[0] - b->at[0], dy = a->at[1] - b->at[1], dz = a->at[2] - b->at[2];
      const double square = dx * dx + dy * dy + dz * dz, pull = dt / (square * sqrt(square));
      a->speed[0] -= dx * b->mass * pull;
      a->speed[1] -= dy * b->mass * pull;
      a->speed[2] -= dz * b->mass * pull;
      b->speed[0] += dx * a->mass * pull;
      b->speed[1] += dy * a->mass * pull;
      b->speed[2] += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < BODIES; ++i) {
    for (int k = 0; k < 3; ++k) bodies[i].at[k] += dt * bodies[i].speed[k];
  }
}

static double energy(const Body* bodies) {
  double sum = 0;
  for (int i = 0; i < BODIES; ++i) {
    const Body* a = &bodies[i];
    sum += a->mass * (a->speed[0] * a->speed[0] + a->speed[1] * a->speed[1] + a->speed[2] * a->speed[2]) / 2;
    for (int j = i + 1; j < BODIES; ++j) {
      const Body* b = &bodies[j];
      const double dx = a->at[0] - b->at[0], dy = a->at[1] - b->at[1], dz = a->at[2] - b->at[2];
      sum -= a->mass * b->mass / sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return sum;
}

int main(void) {
  VECTOR(Body, bodies, BODIES);
  bodies[0] = (Body){{0, 0, 0}, {0, 0, 0}, 40};
  for (int i = 1; i < BODIES; ++i) {  // planets on nearly circular orbits, further and further out
    const double radius = 5.0 * i, speed = sqrt(40 / radius), turn = 0.3 * i;
    bodies[i] = (Body){{radius * (1 - turn * turn / 2), radius * turn, 0.1 * i},
                       {-speed * turn, speed * (1 - turn * turn / 2), 0.01 * i},
                       0.01 * i};
  }
  const double before = energy(bodies);
  kernel_begin();
  for (int step = 0; step < STEPS; ++step) advance(bodies, 0.001);
  kernel_end();
  const double after = energy(bodies);
  if (!(fabs(after - before) < 1e-3 * fabs(before))) kernel_fail("energy was lost or made");
  check_doubles(&bodies[0].at[0], sizeof(Body) / sizeof(double) * BODIES);
  check_double(after);
  return kernel_report();
}
