using System.Diagnostics;
using System.Text.RegularExpressions;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Container;

/// <summary>The files that deploy the service, held against those that they repeat.</summary>
public sealed partial class DeploymentFilesTests
{
    private static readonly string Compose = Read("compose.yaml");

    [Fact]
    public void The_user_that_compose_gives_the_service_may_do_what_the_documented_one_may()
    {
        var documented = Read("docs/redis.md").Split('\n').Single(line => line.StartsWith("ACL SETUSER ", StringComparison.Ordinal));
        var users = Read("deploy/redis-users.acl").Split('\n');

        Assert.Contains($"user {ServiceUser.Name} on #SHA256-OF-CHAT {documented[documented.IndexOf("resetkeys", StringComparison.Ordinal)..]}", users);
    }

    [Fact]
    public void The_nodes_and_redis_get_their_secrets_as_files_and_none_by_the_environment()
    {
        Assert.DoesNotMatch("(?i)(password|secret|signing_?key|api_?key)[^:\n]*: *[$]", Compose);
        var declared = Regex.Matches(Compose, @"\n  (?<name>[\w.-]+): \{ file: \./secrets/(?<file>[\w.-]+) \}").Select(secret => (Name: secret.Groups["name"].Value, File: secret.Groups["file"].Value)).ToList();
        var used = Regex.Matches(Compose, @"\n    ?(?:  )?secrets: \[(?<names>[^\]]*)\]|\n  secrets: \[(?<names>[^\]]*)\]").SelectMany(list => list.Groups["names"].Value.Split(", "));
        Assert.All(declared, secret => Assert.Equal(secret.Name, secret.File));
        Assert.Equal(declared.Select(secret => secret.Name).Order(StringComparer.Ordinal), used.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_secrets_that_are_made_are_those_that_compose_mounts_and_a_second_time_changes_none()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "deploy"));
        foreach (var file in (string[])["make-secrets", "redis-users.acl", "alertmanager.yml"])
        {
            File.Copy(Path.Combine(ArchitectureTests.Root, "deploy", file), Path.Combine(folder.Path, "deploy", file));
        }

        await folder.RunAsync("deploy/make-secrets");
        var made = Directory.GetFiles(Path.Combine(folder.Path, "secrets")).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
        await folder.RunAsync("deploy/make-secrets");

        Assert.All(Regex.Matches(Compose, @"\./secrets/([\w.-]+)").Select(file => file.Groups[1].Value), file => Assert.Contains(file, made.Keys));
        Assert.All(made, file => Assert.Equal(file.Value, File.ReadAllText(Path.Combine(folder.Path, "secrets", file.Key))));
        Assert.Contains($"password={made["redis-chat"].Trim()},", made["Redis__Configuration"], StringComparison.Ordinal);
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(made["redis-chat"].Trim())));
        Assert.Contains($"user chat on #{digest} ", made["redis-users.acl"], StringComparison.Ordinal);
        Assert.Equal("700", await folder.AskAsync("stat", "-c", "%a", "secrets"));
    }

    /// <summary>
    /// What a request may hold: headers, a body and an answer. What a connection may: TLS, and a part of a request. All of them fit, so that strangers cannot
    /// have nginx killed. Streams of HTTP/2 are requests that take no connection, so these have a limit of their own.
    /// </summary>
    [Fact]
    public void All_requests_and_connections_that_nginx_may_have_fit_into_its_memory()
    {
        var nginx = Read("deploy/nginx.conf");
        long Of(string pattern) => long.Parse(Regex.Match(nginx, pattern).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        var answer = Of(@"proxy_buffer_size (\d+)k;") + (Of(@"proxy_buffers (\d+) 8k;") * 8);
        var memory = Regex.Match(Compose[Compose.IndexOf("\n  nginx:", StringComparison.Ordinal)..], @"mem_limit: (\d+)g\n").Groups[1].Value;

        var request = (Of(@"large_client_header_buffers (\d+) 20k;") * 20) + Of(@"client_body_buffer_size (\d+)k;") + answer;

        var most = (Of(@"\n  limit_conn all (\d+);") * request) + (Of(@"\nworker_processes (\d+);") * Of(@"worker_connections (\d+);") * 40);

        Assert.InRange(Of(@"\n  http2_max_concurrent_streams (\d+);"), 1, 32);

        Assert.InRange(most, 1, long.Parse(memory, System.Globalization.CultureInfo.InvariantCulture) * 1024 * 1024 * 95 / 100);
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

        Assert.Equal(["alertmanager", "chat-1", "chat-2", "grafana", "nginx", "prometheus", "redis"], services.Keys.Order());
        Assert.All(["  read_only: true\n", "  cap_drop: [ALL]\n", "  security_opt: [\"no-new-privileges:true\"]\n", "  tmpfs: [\"/tmp:size=64m,mode=1777\"]\n"], line => Assert.Contains(line, confined, StringComparison.Ordinal));
        // Each has a bound on what it takes from the others.
        Assert.All(["mem_limit", "cpus", "pids_limit", "logging"], bound => Assert.Matches($"\n  {bound}: .+\n", confined));
        Assert.Contains("max-size: 10m, max-file: \"5\"", confined, StringComparison.Ordinal);
        Assert.Contains("&node\n  <<: *confined\n", Compose, StringComparison.Ordinal);
        Assert.All(services.Values, service => Assert.Matches(@"\n    <<: \*(confined|node)\n", service));
        Assert.All(services.Values, service => Assert.DoesNotMatch("read_only|cap_drop|security_opt|privileged", service));
        Assert.Equal(["nginx"], services.Where(service => service.Value.Contains("cap_add", StringComparison.Ordinal)).Select(service => service.Key));
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("intotes-deploy-").FullName;

        public Task<string> RunAsync(string program) => AskAsync(System.IO.Path.Combine(Path, program));

        /// <summary>Runs a program in the folder; what it said.</summary>
        public async Task<string> AskAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Path, RedirectStandardOutput = true })!;
            var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
            return said.Trim();
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(ArchitectureTests.Root, path));

    [GeneratedRegex(@"\$\{(?<name>\w+)(?<otherwise>:[-?][^}]*)?\}")]
    private static partial Regex Variable();
}
