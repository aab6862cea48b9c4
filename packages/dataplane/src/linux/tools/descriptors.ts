/** Descriptors that a process passes on without meaning to. */

/** `sh` need not know descriptors of two digits, so it is bash; instances need one anyway, for their user data. */
const CLOSE = 'for path in /proc/self/fd/*; do number=${path##*/}; [ "$number" -le "$0" ] || eval "exec $number>&-"; done; exec "$@"';

/**
 * A command line that starts `command` with the descriptors 0 … `last` alone. Node passes on what others opened without
 * close-on-exec, as the store does with its data file and as terminals do with theirs: to an instance's root, who needs no
 * permission to write what is open already, that would be the whole cloud.
 */
export function withDescriptorsUpTo(last: number, command: readonly string[]): readonly string[] {
  // Without --norc bash runs the user's .bashrc when its input is a socket, as Node's pipes are.
  return ["bash", "--norc", "-c", CLOSE, String(last), ...command];
}
