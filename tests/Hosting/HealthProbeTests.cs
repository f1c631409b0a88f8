using System.Diagnostics;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>The service asked for its health by its own binary, as in its image.</summary>
public sealed class HealthProbeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "http://127.0.0.1:5080/")]
    [InlineData("", "http://127.0.0.1:5080/")]
    [InlineData("http://+:5080", "http://127.0.0.1:5080/")]
    [InlineData("http://*:8080;https://*:8443", "http://127.0.0.1:8080/")]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://[::]:8080", "http://[::1]:8080/")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080/")]
    [InlineData("http://10.0.0.5:8080", "http://10.0.0.5:8080/")]
    [InlineData("http://chat.internal:8080", "http://127.0.0.1:8080/")]
    [InlineData("https://localhost:8443", "https://localhost:8443/")]
    public void It_asks_where_the_service_listens(string? urls, string asked) => Assert.Equal(asked, $"{HealthProbe.Address(urls)}");

    [Fact]
    public async Task Its_exit_code_says_how_the_service_is()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await redis.KillAsync();
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);

        Assert.Equal((1, $"{service.Address}health/startup 503 Unhealthy\n"), await AskAsync(service.Address));
        Assert.Equal((1, $"{service.Address}health/ready 503 Unhealthy\n"), await AskAsync(service.Address, "ready"));
        Assert.Equal((0, $"{service.Address}health/live 200 Healthy\n"), await AskAsync(service.Address, "live"));

        await redis.StartAgainAsync();
        var started = TimeProvider.System.GetTimestamp();
        while (await AskAsync(service.Address) is (not 0, _) && TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(15))
        {
        }

        Assert.Equal((0, $"{service.Address}health/startup 200 Healthy\n"), await AskAsync(service.Address));
    }

    [Fact]
    public async Task It_fails_where_nobody_listens_and_where_it_is_asked_for_something_else()
    {
        var nobody = new Uri($"http://127.0.0.1:{RedisPort.Free()}");

        var (code, said) = await AskAsync(nobody);
        Assert.Equal(1, code);
        Assert.StartsWith($"{nobody}health/startup does not answer: ", said, StringComparison.Ordinal);
        Assert.Equal((1, "--health may be followed by live, ready or startup, and by nothing else.\n"), await AskAsync(nobody, "well"));
    }

    private static async Task<(int Code, string Said)> AskAsync(Uri service, params string[] which)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "--health", .. which]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = service.ToString();
        using var probe = Process.Start(start)!;
        var (output, error) = (probe.StandardOutput.ReadToEndAsync(Ct), probe.StandardError.ReadToEndAsync(Ct));
        await probe.WaitForExitAsync(Ct);
        return (probe.ExitCode, await output + await error);
    }
}
