// Does with files what programs do, by the C library: files.wasm FOLDER. Prints what it finds; ends with the line's number where
// something is wrong. Used by tests/cases/files-c.case.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int holds, int line) {
  if (holds) return;
  printf("line %d: %s\n", line, strerror(errno));
  exit(1);
}
#define CHECK(condition) check(condition, __LINE__)

static int names(const struct dirent** a, const struct dirent** b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

static void list(const char* path) {
  struct dirent** entries;
  const int count = scandir(path, &entries, NULL, names);
  CHECK(count >= 0);
  printf("%s:", path);
  for (int i = 0; i < count; ++i) printf(" %s", entries[i]->d_name);
  putchar('\n');
}

int main(int argc, char** argv) {
  CHECK(argc == 2 && chdir(argv[1]) == 0);
  FILE* file = fopen("note.txt", "w+");
  CHECK(file != NULL);
  for (int i = 0; i < 1000; ++i) CHECK(fprintf(file, "line %d\n", i) > 0);
  CHECK(fseek(file, 0, SEEK_SET) == 0);
  char line[32];
  for (int i = 0; i < 1000; ++i) CHECK(fgets(line, sizeof line, file) != NULL);
  printf("last: %s", line);
  CHECK(fclose(file) == 0);
  struct stat status;
  CHECK(stat("note.txt", &status) == 0 && S_ISREG(status.st_mode));
  printf("size: %lld\n", (long long)status.st_size);

  CHECK(mkdir("sub", 0777) == 0 && mkdir("sub/deep", 0777) == 0);
  CHECK(rename("note.txt", "sub/moved.txt") == 0);
  CHECK(symlink("moved.txt", "sub/soft") == 0 && link("sub/moved.txt", "sub/hard") == 0);
  char target[32] = {0};
  CHECK(readlink("sub/soft", target, sizeof target) == 9);
  printf("soft: %s\n", target);
  list("sub");
  const int fd = open("sub/soft", O_RDWR | O_APPEND);
  CHECK(fd > 2 && write(fd, "end", 3) == 3 && ftruncate(fd, 5) == 0 && pread(fd, line, 31, 1) == 4);
  CHECK(lseek(fd, 0, SEEK_END) == 5 && fsync(fd) == 0 && close(fd) == 0);
  CHECK(stat("sub/hard", &status) == 0 && status.st_size == 5 && status.st_nlink == 2);
  struct timespec times[2] = {{0, UTIME_OMIT}, {1700000000, 123456789}};
  CHECK(utimensat(AT_FDCWD, "sub/hard", times, 0) == 0 && stat("sub/moved.txt", &status) == 0);
  CHECK(status.st_mtim.tv_sec == 1700000000 && status.st_mtim.tv_nsec == 123456789);

  CHECK(open("missing", O_RDONLY) == -1 && errno == ENOENT);
  CHECK(open("sub", O_WRONLY) == -1 && errno == EISDIR);
  CHECK(rmdir("sub") == -1 && errno == ENOTEMPTY);
  CHECK(open("sub/../../etc/passwd", O_RDONLY) == -1);
  printf("outside: %s\n", strerror(errno));
  CHECK(unlink("sub/soft") == 0 && unlink("sub/hard") == 0 && rmdir("sub/deep") == 0);
  list("sub");
  CHECK(unlink("sub/moved.txt") == 0 && rmdir("sub") == 0);
  list(".");
  return 0;
}
