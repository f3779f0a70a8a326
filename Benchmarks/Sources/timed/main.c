// timed OUTPUT COMMAND...: runs a command with its standard output in OUTPUT, and prints
// "SECONDS USER_SECONDS SYSTEM_SECONDS PEAK_BYTES STATUS".
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec * 1e-6; }

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: timed OUTPUT COMMAND...\n");
        return 64;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        int output = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (output < 0 || dup2(output, STDOUT_FILENO) < 0)
            _exit(126);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        perror("timed");
        return 2;
    }
    double elapsed = now() - start;
#ifdef __APPLE__
    long unit = 1;
#else
    long unit = 1024;
#endif
    printf("%.6f %.6f %.6f %ld %d\n", elapsed, seconds(usage.ru_utime), seconds(usage.ru_stime),
           usage.ru_maxrss * unit, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}
