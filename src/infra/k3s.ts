/**
 * The one version of K3s on server and workers: a newer agent than its server is not supported (docs.k3s.io/upgrades).
 * The sums of the release's binaries `k3s` and `k3s-arm64` are those that several public package definitions agree on;
 * the release's own list was not read (docs/unverified.md).
 */
export const K3S = {
  version: 'v1.36.4+k3s1',
  sha256: {
    amd64: '835873f37245fc615f547a2fe2af9402a347875f13fa64a1f136de644955ea3f',
    arm64: 'c920706346d5ad4e5cd3c7bf1bb09ce71ebe07fec829e513e40f1caf98aed8bb',
  },
} as const;
