/** The balancer's figures, beside nginx with one worker where that is installed: the same server behind both, by turns. */
import { at, median, print } from "./figures.mjs";
import { freePorts, residentOf } from "./garden.mjs";
import { answers, load, makeCertificate, spec, startNginx, startNode, startServer } from "./balancer-world.mjs";

const MILLION = 1_000_000;

export async function balancer() {
  const [target, plain, secure, ruled, theirPlain, theirSecure] = await freePorts(6);
  const certificate = await makeCertificate();
  const server = startServer(target);
  const nginx = startNginx({ plain: theirPlain, secure: theirSecure }, target, certificate);
  const node = startNode(spec(target, { plain, secure, ruled }, certificate));
  try {
    await Promise.all([target, plain, secure, ruled, ...(nginx ? [theirPlain, theirSecure] : [])].map(answers));
    const rounds = { ours: [], theirs: [], ruled: [], oursSecure: [], theirsSecure: [] };
    for (let round = 0; round < 3; round++) {
      if (nginx) rounds.theirs.push(await load(theirPlain));
      rounds.ours.push(await load(plain));
      rounds.ruled.push(await load(ruled));
      if (nginx) rounds.theirsSecure.push(await load(theirSecure, { secure: true }));
      rounds.oursSecure.push(await load(secure, { secure: true }));
    }
    const rate = (of) => median(of.map(({ latencies, seconds }) => latencies.length / seconds));
    const p99 = (of) => median(of.map(({ latencies }) => at(latencies, 0.99)));
    const note = `${rate(rounds.ours).toFixed(0)} a second, p99 ${p99(rounds.ours).toFixed(1)} ms`;
    if (nginx) {
      const compare = (name, ours, theirs, least) =>
        print(name, rate(ours) / rate(theirs), least, { unit: "×", atLeast: true, note: `${rate(ours).toFixed(0)} a second; nginx ${rate(theirs).toFixed(0)}` });
      compare("balancer, requests a second, times nginx's", rounds.ours, rounds.theirs, 0.8);
      print("balancer, p99, times nginx's", p99(rounds.ours) / p99(rounds.theirs), 1.5, { unit: "×", note: `${note}; nginx ${p99(rounds.theirs).toFixed(1)} ms` });
      compare("balancer, requests a second over TLS, times nginx's", rounds.oursSecure, rounds.theirsSecure, 0.6);
    } else console.log(`balancer: ${note}; there is no peer to compare with: nginx is not on the PATH`);
    print("balancer with 50 rules and 200 targets, times plain", rate(rounds.ruled) / rate(rounds.ours), 0.8, { unit: "×", atLeast: true, note: `${rate(rounds.ruled).toFixed(0)} a second` });
    const all = [...rounds.ours, ...rounds.ruled, ...rounds.oursSecure];
    const before = residentOf(node.pid);
    let requests = 0;
    for (; requests < MILLION; requests += all.at(-1).latencies.length) all.push(await load(plain));
    print("balancer, growth over a million requests", (residentOf(node.pid) - before) / 1024, 10, { unit: "MB", note: `from ${(before / 1024).toFixed(0)} MB, ${requests} requests` });
    print("balancer, failed requests", all.reduce((sum, { failures }) => sum + failures, 0), 0, { unit: "" });
  } finally {
    node.kill("SIGKILL");
    nginx?.end();
    server.kill("SIGKILL");
  }
}
