using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using Xunit.Sdk;

namespace Intotes.Chat.Tests.Features.Operators.Model;

/// <summary>The same steps taken by the service and by the model, with a look at what comes of each.</summary>
public sealed class DeskRun(DeskModelNodes nodes)
{
    private static readonly TimeSpan LongAgo = TimeSpan.FromMinutes(10);

    private readonly DeskModel model = new();
    private readonly DeskCaller observer = nodes.Supervisor();

    private readonly DeskCaller[] operators =
        [.. Enumerable.Range(0, DeskStep.OperatorCount).Select(i => nodes.Operator(name: $"Operator {i}"))];

    /// <summary>Every other one is signed in.</summary>
    private readonly DeskCaller[] visitors =
        [.. Enumerable.Range(0, DeskStep.VisitorCount).Select(i => i % 2 == 0 ? nodes.Visitor() : nodes.Account())];

    private int taken;

    /// <summary>Takes a step, and compares the answer, the session it was about, and now and then everything.</summary>
    public async Task TakeAsync(DeskStep step, string name)
    {
        try
        {
            await ActAsync(step);
            await CompareConversationAsync(step.Visitor);
            if (++taken % 4 == 0)
            {
                await CompareAllAsync();
            }
        }
        catch (XunitException difference)
        {
            throw new XunitException($"After {name}, {step}: {difference.Message}", difference);
        }
    }

    /// <summary>Compares the queues, what each operator has, and every conversation.</summary>
    public async Task CompareAllAsync()
    {
        var calls = observer.GetAsync("operator/calls?limit=500");
        var active = observer.GetAsync("operator/sessions?state=active");
        await Task.WhenAll([calls, active, .. Enumerable.Range(0, visitors.Length).Select(CompareConversationAsync)]);
        var waiting = (await calls).Expect(HttpStatusCode.OK)["calls"]!.AsArray();
        foreach (var (department, queue) in model.Queues.Index())
        {
            Assert.Equal(
                queue.Select((session, index) => (session.Id, index + 1, session.CalledAt)),
                waiting.Where(call => (string?)call!["department"] == DeskStep.DepartmentNames[department])
                    .Select(call => ((string)call!["sessionId"]!, (int)call["position"]!, (string?)call["calledAt"])));
        }

        Assert.Equal(
            Enumerable.Range(0, operators.Length).SelectMany(o => model.HeldBy(o).Select(s => (operators[o].Id, s.Id, s.CalledAt))).Order(),
            (await active).Expect(HttpStatusCode.OK)["sessions"]!.AsArray()
                .Select(s => ((string)s!["operator"]!["id"]!, (string)s["sessionId"]!, (string?)s["calledAt"])).Order());
    }

    private Task ActAsync(DeskStep step) => step.Action switch
    {
        DeskAction.Presence => PresenceAsync(step),
        DeskAction.List => ListAsync(step.Operator),
        DeskAction.Vanish => VanishAsync(step.Operator),
        DeskAction.Restart => nodes.StartAgainAsync(step.Visitor % 2),
        _ => RequestAsync(step),
    };

    private async Task RequestAsync(DeskStep step)
    {
        var (visitor, @operator) = (visitors[step.Visitor], operators[step.Operator]);
        var session = model.Visitors[step.Visitor]?.Id ?? new string('A', 22);
        var department = DeskStep.DepartmentNames[step.Department];
        var text = $"{taken}";
        var to = step.Other < operators.Length ? operators[step.Other].Id : "nobody";
        var answer = await (step.Action switch
        {
            DeskAction.Open => visitor.OpenAsync(),
            DeskAction.Say => visitor.SayAsync(text),
            DeskAction.Call => visitor.PostAsync("chat/session/call-operator", new { department }),
            DeskAction.Close => visitor.PostAsync("chat/session/close"),
            DeskAction.Claim => @operator.ClaimAsync(),
            DeskAction.ClaimWanted => @operator.ClaimAsync(session),
            DeskAction.Answer => @operator.SayAsync(text, session),
            DeskAction.Release => @operator.ReleaseAsync(session),
            DeskAction.TransferToOperator => @operator.TransferToAsync(session, to),
            DeskAction.TransferToDepartment => @operator.TransferToDepartmentAsync(session, department),
            _ => @operator.PostAsync($"operator/sessions/{session}/close"),
        });
        Compare(answer, step.Action switch
        {
            DeskAction.Open => model.Open(step.Visitor, () => (string)answer["sessionId"]!),
            DeskAction.Say => model.Say(step.Visitor, text),
            DeskAction.Call => model.Call(step.Visitor, step.Department, () => (string)answer["calledAt"]!),
            DeskAction.Close => model.Close(step.Visitor),
            DeskAction.Claim => model.Claim(step.Operator),
            DeskAction.ClaimWanted => model.Claim(step.Operator, step.Visitor),
            DeskAction.Answer => model.Answer(step.Operator, step.Visitor, text),
            DeskAction.Release => model.Release(step.Operator, step.Visitor),
            DeskAction.TransferToOperator => model.TransferToOperator(step.Operator, step.Visitor, step.Other < operators.Length ? step.Other : null),
            DeskAction.TransferToDepartment => model.TransferToDepartment(step.Operator, step.Visitor, step.Department),
            _ => model.CloseHeld(step.Operator, step.Visitor),
        });
    }

    private static void Compare(Answer answer, Expected expected)
    {
        answer.Expect(expected.Status);
        Assert.Equal(expected.Code, answer.Code);
        if (expected.Session is { } session)
        {
            Assert.Equal((session.Id, session.Status), ((string?)answer["sessionId"], (string?)answer["status"]));
            if (answer.Body!.AsObject().TryGetPropertyValue("calledAt", out var calledAt))
            {
                Assert.Equal(session.CalledAt, (string?)calledAt);
            }
        }
    }

    private async Task PresenceAsync(DeskStep step)
    {
        var answer = await operators[step.Operator].PutAsync("operator/presence", new
        {
            status = step.Status switch { 0 => null, 1 => "away", _ => "online" },
            capacity = step.Capacity == 0 ? (int?)null : step.Capacity,
            departments = step.Departments == 0 ? null : DeskStep.Choices[step.Departments - 1],
        });
        model.Presence(step);
        var expected = model.Operators[step.Operator];
        Assert.Equal(
            (expected.IsAway ? "away" : "online", expected.Capacity, model.HeldBy(step.Operator).Count()),
            ((string)answer.Expect(HttpStatusCode.OK)["status"]!, (int)answer["capacity"]!, (int)answer["held"]!));
        Assert.Equal(expected.Departments, answer["departments"]!.AsArray().Select(d => (string)d!));
    }

    private async Task ListAsync(int @operator)
    {
        var mine = await operators[@operator].MineAsync();
        model.Seen(@operator);
        Assert.Equal(model.HeldBy(@operator).Select(s => s.Id).Order(), mine.Order());
    }

    /// <summary>Time is not waited for: the last call of the operator is moved into the past, and both nodes sweep.</summary>
    private async Task VanishAsync(int @operator)
    {
        var then = TimeProvider.System.GetUtcNow() - LongAgo;
        await nodes.Database.SortedSetAddAsync(Keys.OfRoster()[0], operators[@operator].Id, then.ToUnixTimeMilliseconds(), SortedSetWhen.Exists);
        await Task.WhenAll(nodes.Sweeper(0).SweepAsync(default), nodes.Sweeper(1).SweepAsync(default));
        model.Vanish(@operator);
    }

    private async Task CompareConversationAsync(int visitor)
    {
        if (model.Visitors[visitor] is not { } session)
        {
            (await visitors[visitor].PollAsync()).ExpectProblem(404, "session_not_found");
            return;
        }

        var poll = (await visitors[visitor].PollAsync()).Expect(HttpStatusCode.OK);
        var name = session.Operator is { } o ? $"Operator {o}" : null;
        Assert.Equal((session.Status, name, session.Status == "waiting"), ((string)poll["status"]!, (string?)poll["operator"]?["name"], poll["queue"] is not null));
        Assert.Equal(session.Entries, poll["messages"]!.AsArray().Select(Entry));
    }

    private static string Entry(JsonNode? message) => (string?)message!["event"] ?? $"{message["sender"]}: {message["text"]}";
}

/// <summary>Nodes that do not sweep by themselves, so that an operator vanishes exactly when the model says so.</summary>
public sealed class DeskModelNodes(ChatNodes shared) : DeskNodes(shared)
{
    public LeaseSweeper Sweeper(int node) => Services(node).GetRequiredService<LeaseSweeper>();

    protected override void Change(IServiceCollection services) => services.Remove(services.Single(s => s.ImplementationFactory is Func<IServiceProvider, LeaseSweeper>));
}
