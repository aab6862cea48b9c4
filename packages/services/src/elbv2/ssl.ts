import { Elbv2 } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { SSL_POLICIES, sslPolicy } from "../ssl-policies.js";
import { access } from "./access.js";
import { sslPolicyNotFound } from "./errors.js";
import { page } from "./paging.js";

export const sslOperations = operations(Elbv2, {
  DescribeSSLPolicies: {
    authorize: access("DescribeSSLPolicies"),
    handle(_ctx, input) {
      const named = (name: string) => {
        const found = sslPolicy(name);
        if (!found) throw sslPolicyNotFound(name);
        return found;
      };
      const { records, NextMarker } = page(input.Names?.length ? input.Names.map(named) : SSL_POLICIES, input, (policy) => policy.name);
      const SslPolicies = records.map(({ name, protocols, ciphers }) => ({
        Name: name,
        SslProtocols: protocols,
        Ciphers: ciphers.map((cipher, index) => ({ Name: cipher, Priority: index + 1 })),
        SupportedLoadBalancerTypes: ["application", "network"],
      }));
      return { SslPolicies, NextMarker };
    },
  },
});
