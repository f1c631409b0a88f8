using System.Net;
using System.Text.Json;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Strings that break careless software, wherever the service takes text.</summary>
public sealed class NaughtyStringsTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private static readonly string[] Strings =
        JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "naughty-strings.json")))!;

    private ChatNodes Nodes => own.Nodes;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task As_a_message_each_comes_back_as_it_was_sent_or_is_refused_as_the_contract_says(bool escaped)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var stored = new List<string>();

        foreach (var text in Strings)
        {
            var answer = escaped ? await visitor.SayAsync(text) : await visitor.SayUnescapedAsync(text);
            if (ContractText.Stored(text) is { } expected)
            {
                Assert.Equal(expected, (string?)answer.Expect(HttpStatusCode.Created)["text"]);
                stored.Add(expected);
            }
            else
            {
                answer.ExpectInvalid("text");
            }
        }

        Assert.Equal(515, Strings.Length);
        Assert.InRange(Strings.Length - stored.Count, 1, 10);
        Assert.Equal(stored, (await visitor.HistoryAsync()).Texts());
        Assert.Equal(stored, [.. (await visitor.PollAsync("?limit=400")).Texts(), .. (await visitor.PollAsync("?limit=400")).Texts()]);
    }

    [Fact]
    public async Task As_a_client_id_each_is_taken_only_in_the_form_that_the_contract_allows()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var taken = Strings.Distinct().Where(ContractText.IsClientMessageId).ToList();

        foreach (var id in Strings.Distinct())
        {
            var answer = await visitor.SayAsync("Hello", id);
            if (taken.Contains(id))
            {
                Assert.Equal(id, (string?)answer.Expect(HttpStatusCode.Created)["clientMessageId"]);
            }
            else
            {
                answer.ExpectInvalid("clientMessageId");
            }
        }

        Assert.NotEmpty(taken);
        Assert.Equal(taken, (await visitor.HistoryAsync()).Messages().Select(m => (string?)m["clientMessageId"]));
    }

    [Fact]
    public async Task As_name_and_page_each_is_refused_by_name_or_comes_back_to_visitor_and_operator()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var supervisor = ChatClient.Operator(Nodes, role: "supervisor");
        var sessionId = (string)(await visitor.OpenAsync())["sessionId"]!;
        string? name = null;

        foreach (var text in Strings.Where(text => text.Length > 0))
        {
            var isName = IsTaken(await visitor.PostAsync("chat/session", new { name = text }), "name", text);
            // A name is one line; one of which nothing is left changes nothing.
            name = isName && ContractText.Name(text) is { Length: > 0 } line ? line : name;
            var described = await visitor.PostAsync("chat/session", new { pageUrl = text });
            if (IsTaken(described, "pageUrl", text))
            {
                var seen = (await supervisor.GetAsync($"operator/sessions/{sessionId}")).Expect(HttpStatusCode.OK)["session"]!["visitor"]!;
                Assert.Equal(text, (string?)seen["pageUrl"]);
                Assert.Equal(name, (string?)seen["name"]);
                Assert.Equal((string?)seen["name"], (string?)described["visitor"]!["name"]);
            }
        }
    }

    [Fact]
    public async Task As_the_reason_of_a_call_each_is_refused_by_name_or_comes_back_to_the_operators()
    {
        var @operator = ChatClient.Operator(Nodes);
        var taken = 0;

        await Parallel.ForEachAsync(Strings.Where(text => text.Length > 0), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (text, _) =>
        {
            var visitor = await MessageSteps.VisitorAsync(Nodes);
            var called = await visitor.CallOperatorAsync(new { reason = text });
            if (IsTaken(called, "reason", text))
            {
                var waiting = (await @operator.GetAsync($"operator/sessions/{(string)called["sessionId"]!}")).Expect(HttpStatusCode.OK);
                Assert.Equal(text, (string?)waiting["session"]!["reason"]);
                Interlocked.Increment(ref taken);
            }
        });

        Assert.InRange(taken, Strings.Length - 20, Strings.Length);
    }

    /// <summary>True when it was taken. The contract leaves open what is refused here; ordinary text of ordinary length must not be.</summary>
    private static bool IsTaken(Answer answer, string field, string text)
    {
        if (answer.Status is HttpStatusCode.OK)
        {
            return true;
        }

        answer.ExpectInvalid(field);
        var isReserved = field == "name" && text.Contains("system", StringComparison.OrdinalIgnoreCase);
        Assert.True(text.Length > 100 || text.Any(char.IsControl) || isReserved, $"{field} may not be {text}");
        return false;
    }
}
