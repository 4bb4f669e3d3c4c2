import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Addresses that are only meant for one machine: link-local addresses, the unspecified address, and the metadata services of clouds outside
 * those ranges.
 */
const unshared = new BlockList();
unshared.addSubnet('0.0.0.0', 8, 'ipv4');
unshared.addSubnet('169.254.0.0', 16, 'ipv4');
unshared.addAddress('100.100.100.200', 'ipv4');
unshared.addAddress('168.63.129.16', 'ipv4');
unshared.addAddress('::', 'ipv6');
unshared.addSubnet('fe80::', 10, 'ipv6');
unshared.addAddress('fd00:ec2::254', 'ipv6');
unshared.addAddress('fd20:ce::254', 'ipv6');

/**
 * True for `localhost`, a name below it, 127.0.0.0/8 and ::1, also mapped into IPv6. `hostname` is written as in `URL.hostname`: without a
 * port, IPv6 in brackets.
 */
export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || contains(loopback, name);
}

/**
 * True for an address that no other host may send this program to: this machine itself, its local link, a cloud's metadata service. Names
 * are judged by their text, not by the address that they resolve to.
 */
export function isOnlyLocal(hostname: string): boolean {
  return isLoopback(hostname) || contains(unshared, hostname);
}

function contains(list: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** A user and a password in a URL are never used; credentials are passed separately. */
export function withoutUser(text: string): URL {
  const url = new URL(text);
  if (url.username !== '') url.username = '';
  if (url.password !== '') url.password = '';
  if (url.hash !== '') url.hash = '';
  return url;
}
