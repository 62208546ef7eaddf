// binary-trees: full trees of small nodes from malloc are built, counted and freed: the allocator and memory at random. The
// allocators are those of the C libraries, so natively it is another one than in the guests.
#include "../kernel.h"

enum { LEAST = 4, MOST = 17 };

typedef struct Tree {
  struct Tree *left, *right;
} Tree;

static Tree* build(int depth) {
  Tree* tree = (Tree*)allocate(1, sizeof(Tree));
  tree->left = depth > 0 ? build(depth - 1) : NULL;
  tree->right = depth > 0 ? build(depth - 1) : NULL;
  return tree;
}

static uint64_t count(const Tree* tree) {
  return tree->left ? 1 + count(tree->left) + count(tree->right) : 1;
}

static void drop(Tree* tree) {
  if (tree->left) {
    drop(tree->left);
    drop(tree->right);
  }
  free(tree);
}

int main(void) {
  kernel_begin();
  Tree* lasting = build(MOST);
  for (int depth = LEAST; depth <= MOST; depth += 4) {
    uint64_t nodes = 0;
    for (int i = 0; i < 1 << (MOST - depth + LEAST); ++i) {
      Tree* tree = build(depth);
      nodes += count(tree);
      drop(tree);
    }
    check_integer(nodes);
  }
  check_integer(count(lasting));
  drop(lasting);
  kernel_end();
  return kernel_report();
}
