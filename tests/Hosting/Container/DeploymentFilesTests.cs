using System.Text.RegularExpressions;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Container;

/// <summary>The files that deploy the service, held against those that they repeat.</summary>
public sealed partial class DeploymentFilesTests
{
    private static readonly string Compose = Read("compose.yaml");

    [Fact]
    public void The_user_that_compose_gives_the_service_may_do_what_that_of_readme_may()
    {
        var readme = Read("README.md").Split('\n').Single(line => line.StartsWith("ACL SETUSER ", StringComparison.Ordinal));
        var compose = Spaces().Replace(Compose, " ");

        Assert.Contains($"--user {ServiceUser.Name} on >${{REDIS_CHAT_PASSWORD:?", compose, StringComparison.Ordinal);
        Assert.Contains(readme[readme.IndexOf("resetkeys", StringComparison.Ordinal)..], compose, StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_names_every_setting_that_compose_has_no_default_for_and_gives_no_value()
    {
        var used = Variable().Matches(Compose).Where(variable => !(variable.Groups["otherwise"].Value is { Length: > 2 } given && given.StartsWith(":-", StringComparison.Ordinal)));
        var example = Read(".env.example").Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToList();

        Assert.Equal(used.Select(variable => variable.Groups["name"].Value + "=").Distinct().Order(), example.Order());
    }

    [Fact]
    public void The_addresses_of_the_nodes_are_those_that_nginx_and_prometheus_ask()
    {
        var nodes = Regex.Matches(Compose, @"<<: \*node\n    networks: \{ chat: \{ ipv4_address: (?<address>[\d.]+) \} \}").Select(node => node.Groups["address"].Value).ToList();
        var nginx = Regex.Matches(Read("deploy/nginx.conf"), @"server (?<address>[\d.]+):5080").Select(server => server.Groups["address"].Value);
        var prometheus = Regex.Matches(Read("deploy/prometheus/prometheus.yml"), @"""(?<address>[\d.]+):9464""").Select(target => target.Groups["address"].Value);

        Assert.Equal(2, nodes.Count);
        Assert.Equal(nodes, nginx);
        Assert.Equal(nodes, prometheus);
    }

    [Fact]
    public void Every_container_is_confined_and_only_nginx_has_capabilities()
    {
        var services = Regex.Split(Compose[Compose.IndexOf("\nservices:\n", StringComparison.Ordinal)..], @"\n  (?=[\w-]+:\n)").Skip(1).ToDictionary(service => service.Split(':')[0]);
        var confined = Regex.Match(Compose, @"&confined\n(  .*\n)+").Value;

        Assert.Equal(["chat-1", "chat-2", "nginx", "prometheus", "redis"], services.Keys.Order());
        Assert.All(["  read_only: true\n", "  cap_drop: [ALL]\n", "  security_opt: [\"no-new-privileges:true\"]\n"], line => Assert.Contains(line, confined, StringComparison.Ordinal));
        Assert.Contains("&node\n  <<: *confined\n", Compose, StringComparison.Ordinal);
        Assert.All(services.Values, service => Assert.Matches(@"\n    <<: \*(confined|node)\n", service));
        Assert.All(services.Values, service => Assert.DoesNotMatch("read_only|cap_drop|security_opt|privileged", service));
        Assert.Equal(["nginx"], services.Where(service => service.Value.Contains("cap_add", StringComparison.Ordinal)).Select(service => service.Key));
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(ArchitectureTests.Root, path));

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\$\{(?<name>\w+)(?<otherwise>:[-?][^}]*)?\}")]
    private static partial Regex Variable();
}
