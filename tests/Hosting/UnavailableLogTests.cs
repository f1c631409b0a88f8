using Intotes.Chat.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Why callers get 503 is in the log, and a flood of them is not a flood of lines.</summary>
public sealed class UnavailableLogTests
{
    [Fact]
    public void Each_reason_has_one_line_a_second_that_says_for_how_many_answers_it_stands()
    {
        var time = new FakeTimeProvider();
        var lines = new Lines();
        var log = new UnavailableLog(time, lines);

        for (var i = 0; i < 1000; i++)
        {
            log.Note("memory full");
        }

        log.Note("disk");
        time.Advance(TimeSpan.FromSeconds(1));
        log.Note("memory full");

        Assert.Equal(
            ["Answered 503: memory full (1 since the last such line)", "Answered 503: disk (1 since the last such line)", "Answered 503: memory full (1000 since the last such line)"],
            lines.Written);
    }

    private sealed class Lines : ILogger<UnavailableLog>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
