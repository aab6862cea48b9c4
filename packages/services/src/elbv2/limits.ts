/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
export const LIMITS = {
  "application-load-balancers": 50,
  "listeners-per-application-load-balancer": 50,
  "rules-per-application-load-balancer": 100,
  "target-groups": 3000,
  "target-groups-per-action-on-application-load-balancer": 5,
  "target-groups-per-application-load-balancer": 100,
  "targets-per-application-load-balancer": 1000,
  "certificates-per-application-load-balancer": 25,
  "condition-values-per-alb-rule": 5,
  "condition-wildcards-per-alb-rule": 6,
} as const;

export const MOST_TARGETS_PER_GROUP = 1000;
export const MOST_TAGS = 50;
