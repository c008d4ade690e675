/** Whether a URL is of this machine: 127.0.0.0/8, ::1 or localhost. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
